"""The baseline that a model has to beat: the same best sellers for everyone."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ml.retrieval.seen import seen_matrix


def most_popular(interactions: pd.DataFrame) -> list[str]:
    """Item ids by falling number of distinct users, then by id."""
    pairs = interactions[["user_id", "item_id"]].drop_duplicates()
    counts = pairs.groupby("item_id", sort=True).size()
    return [str(item) for item in counts.sort_values(ascending=False, kind="stable").index]


def popularity_lists(
    interactions: pd.DataFrame, user_ids: Sequence[str], k: int
) -> dict[str, list[str]]:
    """The `k` most popular items that a user has not met, by user id, best first."""
    # Only now torch is needed, which takes seconds to import.
    from ml.retrieval.exact import top_k

    items = most_popular(interactions)
    # Popularity as an inner product of one dimension: the earlier in the list, the higher.
    places = -np.arange(len(items), dtype=np.float32)[:, None]
    everyone = np.ones((len(user_ids), 1), dtype=np.float32)
    indices, _ = top_k(everyone, places, k, seen=seen_matrix(interactions, user_ids, items))
    return {
        user: [items[index] for index in row if index >= 0]
        for user, row in zip(user_ids, indices.tolist(), strict=True)
    }
