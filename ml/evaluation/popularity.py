"""Popularity of items and of categories: what every model has to beat."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse

from ml.dataset import Dataset
from ml.retrieval.dense import seen_matrix
from streams.contracts.category import ancestors


def most_popular(interactions: pd.DataFrame) -> list[str]:
    """Item ids, those with the most distinct users first; of equals the lower id."""
    pairs = interactions[["user_id", "item_id"]].drop_duplicates()
    counts = pairs.groupby("item_id", sort=True).size()
    return [str(item) for item in counts.sort_values(ascending=False, kind="stable").index]


def popularity_lists(
    interactions: pd.DataFrame,
    user_ids: Sequence[str],
    k: int,
    *,
    counted: pd.DataFrame | None = None,
) -> dict[str, list[str]]:
    """The `k` most popular items that each user has not seen, by user id, best first.

    Args:
        interactions: what users have seen.
        user_ids: whose lists are wanted.
        k: length of the lists.
        counted: the interactions that make an item popular, such as the newest; all by default.
    """
    # Only now torch is needed, which takes seconds to import.
    from ml.retrieval.exact import top_k

    items = most_popular(interactions if counted is None else counted)
    # Popularity as an inner product of one dimension: the earlier in the list, the higher.
    places = -np.arange(len(items), dtype=np.float32)[:, None]
    everyone = np.ones((len(user_ids), 1), dtype=np.float32)
    indices, _ = top_k(everyone, places, k, seen=seen_matrix(interactions, user_ids, items))
    return {
        user: [items[index] for index in row if index >= 0]
        for user, row in zip(user_ids, indices.tolist(), strict=True)
    }


class CategoryPopularity:
    """What can be said of a new item without learning: how popular its category is.

    An item counts for its category and all its ancestors.
    """

    def __init__(self, training: Dataset, items: pd.DataFrame) -> None:
        """Count in `training`, for new `items` (ITEM_COLUMNS) that are not in it.

        A new item stands for the most specific category of its path that training has
        interactions in.
        """
        self._log = training.interactions
        counts = self._log["item_id"].value_counts()
        catalogue = training.items[training.items["item_id"].isin(counts.index)]
        self._items = catalogue["item_id"].tolist()
        paths = [ancestors(path) for path in catalogue["category"]]
        self._categories = pd.Index(sorted({level for path in paths for level in path}))
        rows = np.repeat(np.arange(len(paths)), [len(path) for path in paths])
        columns = self._categories.get_indexer(pd.Index([each for path in paths for each in path]))
        entries = (np.ones(len(rows), dtype=np.float32), (rows, columns))
        shape = (len(paths), len(self._categories))
        self._members = scipy.sparse.csr_array(entries, shape=shape)
        totals = counts.reindex(self._items).to_numpy(np.float32) @ self._members
        self._places = np.array([self._place(path) for path in items["category"]], dtype=np.int64)
        self.popularity: npt.NDArray[np.float32] = np.append(totals, np.float32(0))[self._places]
        """float32 (new items,): interactions with the item's category; 0 where none is known."""

    def of_users(self, user_ids: Sequence[str]) -> scipy.sparse.csr_array:
        """How many items of a new item's category a user has seen, float32 (users, new items)."""
        seen = seen_matrix(self._log, user_ids, self._items).astype(np.float32)
        none = scipy.sparse.csr_array((len(user_ids), 1), dtype=np.float32)
        by_category = scipy.sparse.hstack([seen @ self._members, none], format="csc")
        return by_category[:, self._places].tocsr()

    def _place(self, path: str) -> int:
        """Column of the most specific known category; one beyond them all where none is known."""
        known = [level for level in ancestors(path) if level in self._categories]
        place = self._categories.get_indexer(pd.Index(known[-1:], dtype=object))
        return int(place[0]) if len(place) else len(self._categories)
