"""How well the towers serve items and users that training has not seen.

One model is trained without a tenth of the items and a tenth of the users. New items are encoded
from their content alone and ranked among themselves. New users are encoded from their preferences,
from their first two items, or from both; their lists rank all items of the training part.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse

from ml.dataset import Dataset
from ml.evaluation.estimates import Estimates, estimate
from ml.evaluation.findings import ColdStart
from ml.evaluation.popularity import CategoryPopularity
from ml.evaluation.protocol import HeldOut, K
from ml.evaluation.splits import ColdStartSplit, cold_start_split
from ml.retrieval.dense import rank, seen_matrix
from ml.retrieval.exact import top_k
from ml.towers.bundle import Bundle
from ml.towers.config import TowersConfig
from ml.towers.training import Progress, train


def measure_cold_start(
    dataset: Dataset,
    config: TowersConfig,
    *,
    seed: int,
    k: int = K,
    share: float = 0.1,
    progress: Progress | None = None,
) -> ColdStart:
    """Train without new items and new users, and score on them.

    Args:
        dataset: all there is.
        config: hyper-parameters.
        seed: of the split, the training and the intervals.
        k: length of the lists.
        share: of items and of users that are held out.
        progress: progress callback of the training.

    Raises:
        ContractError: if `share` is out of range or nothing is left to learn from.
    """
    split = cold_start_split(dataset, share=share, seed=seed)
    if not split.new_item_targets and not split.new_user_targets:
        return ColdStart(
            k=k, items=len(split.items), users=len(split.users), new_items={}, new_users={}
        )
    bundle = train(split.training, config, seed=seed, progress=progress)
    return score_cold_start(bundle, split, k=k, seed=seed)


def score_cold_start(bundle: Bundle, split: ColdStartSplit, *, k: int, seed: int) -> ColdStart:
    """Score a bundle that was trained on `split.training`."""
    return ColdStart(
        k=k,
        items=len(split.items),
        users=len(split.users),
        new_items=_new_items(bundle, split, k, seed) if split.new_item_targets else {},
        new_users=_new_users(bundle, split, k, seed) if split.new_user_targets else {},
    )


def _new_items(bundle: Bundle, split: ColdStartSplit, k: int, seed: int) -> Estimates:
    training, items = split.training, split.items
    test = HeldOut.of(split.new_item_targets, pd.Index(items["item_id"]))
    users = training.known_users().set_index("user_id", drop=False).loc[test.user_ids]
    vectors = bundle.encode_users(users, training.interactions, None)
    categories = CategoryPopularity(training, items)
    popularity = categories.popularity
    fraction = popularity / (popularity.max() + 1)
    rng = np.random.default_rng(seed)

    def by_history(rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        history = categories.of_users([test.user_ids[row] for row in rows])
        return np.asarray(history.toarray() + fraction, dtype=np.float32)

    everyone = np.arange(len(users))
    nothing = scipy.sparse.csr_array((len(users), len(items)), dtype=bool)
    ranked = {
        "two_tower": top_k(vectors, bundle.encode_items(items), k)[0],
        "category_popularity": rank(
            lambda rows: np.tile(popularity, (len(rows), 1)), everyone, nothing, k
        ),
        "category_history": rank(by_history, everyone, nothing, k),
        "random": rank(
            lambda rows: rng.random((len(rows), len(items)), np.float32), everyone, nothing, k
        ),
    }
    return {name: estimate(found, test.matrix, k, seed=seed) for name, found in ranked.items()}


def _new_users(bundle: Bundle, split: ColdStartSplit, k: int, seed: int) -> Mapping[str, Estimates]:
    training, support = split.training, split.support
    catalogue = training.known_items()
    vectors = bundle.encode_items(catalogue)
    pairs = training.interactions[["user_id", "item_id"]].drop_duplicates()
    counts = pairs["item_id"].value_counts().reindex(catalogue["item_id"], fill_value=0)
    popularity = counts.to_numpy().astype(np.float32)[:, None]
    with_preferences = split.users[split.users["preferences"] != ""]
    known_by = {
        "preferences": (with_preferences, support.iloc[:0]),
        "two_items": (split.users.assign(preferences=""), support),
        "preferences_two_items": (with_preferences, support),
    }
    found: dict[str, Estimates] = {}
    for name, (users, history) in known_by.items():
        evaluated = set(users["user_id"])
        targets = {
            user: items for user, items in split.new_user_targets.items() if user in evaluated
        }
        if not targets:
            continue
        test = HeldOut.of(targets, pd.Index(catalogue["item_id"]))
        rows = users.set_index("user_id", drop=False).loc[test.user_ids]
        # Whatever a user is encoded from, the targets and the items left out are the same.
        seen = seen_matrix(support, test.user_ids, catalogue["item_id"].tolist())
        everyone = np.ones((len(rows), 1), dtype=np.float32)
        ranked = {
            "two_tower": top_k(bundle.encode_users(rows, history, None), vectors, k, seen=seen)[0],
            "popularity": top_k(everyone, popularity, k, seen=seen)[0],
        }
        found[name] = {
            model: estimate(lists, test.matrix, k, seed=seed) for model, lists in ranked.items()
        }
    return found
