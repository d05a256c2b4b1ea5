"""How well the towers serve items and users that training has not seen.

One model is trained without a tenth of the items and a tenth of the users. New items are encoded
by their content alone and ranked among themselves; new users by their preferences, by their first
two items, or by both, and offered everything that training knows.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse

from ml.dataset import Dataset
from ml.evaluation.category_popularity import CategoryPopularity
from ml.evaluation.estimate import estimate
from ml.evaluation.findings import ColdStart, Estimates
from ml.evaluation.held_out import HeldOut
from ml.evaluation.newcomers import Newcomers, hold_out_newcomers
from ml.retrieval.dense import rank
from ml.retrieval.exact import top_k
from ml.retrieval.seen import seen_matrix
from ml.towers.bundle import Bundle
from ml.towers.config import TowersConfig
from ml.towers.training import Progress, train


def measure_cold_start(
    dataset: Dataset,
    config: TowersConfig,
    *,
    seed: int,
    k: int = 20,
    share: float = 0.1,
    progress: Progress | None = None,
) -> ColdStart:
    """Train without newcomers and score on them.

    Args:
        dataset: all there is; what is held out is drawn from it by `seed`.
        config: hyper-parameters.
        seed: of the draw, the training and the intervals.
        k: length of the lists.
        share: of items and of users that are held out.
        progress: told how the training goes.

    Raises:
        ContractError: if `share` is out of range or nothing is left to learn from.
    """
    newcomers = hold_out_newcomers(dataset, share=share, seed=seed)
    if not newcomers.wanted and not newcomers.rest:
        return ColdStart(k, len(newcomers.items), len(newcomers.users), {}, {})
    bundle = train(newcomers.training, config, seed=seed, progress=progress)
    return score_newcomers(bundle, newcomers, k=k, seed=seed)


def score_newcomers(bundle: Bundle, newcomers: Newcomers, *, k: int, seed: int) -> ColdStart:
    """Score a bundle that was trained on `newcomers.training`."""
    return ColdStart(
        k=k,
        items=len(newcomers.items),
        users=len(newcomers.users),
        new_items=_new_items(bundle, newcomers, k, seed) if newcomers.wanted else {},
        new_users=_new_users(bundle, newcomers, k, seed) if newcomers.rest else {},
    )


def _new_items(bundle: Bundle, newcomers: Newcomers, k: int, seed: int) -> Estimates:
    training, items = newcomers.training, newcomers.items
    test = HeldOut.of(newcomers.wanted, pd.Index(items["item_id"]))
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


def _new_users(bundle: Bundle, newcomers: Newcomers, k: int, seed: int) -> Mapping[str, Estimates]:
    training, clicks = newcomers.training, newcomers.clicks
    catalogue = training.known_items()
    vectors = bundle.encode_items(catalogue)
    met = training.interactions[["user_id", "item_id"]].drop_duplicates()["item_id"].value_counts()
    popularity = (
        met.reindex(catalogue["item_id"], fill_value=0).to_numpy().astype(np.float32)[:, None]
    )
    told = newcomers.users[newcomers.users["preferences"] != ""]
    known_by = {
        "preferences": (told, clicks.iloc[:0]),
        "two_items": (newcomers.users.assign(preferences=""), clicks),
        "preferences_two_items": (told, clicks),
    }
    found: dict[str, Estimates] = {}
    for name, (users, history) in known_by.items():
        asked = set(users["user_id"])
        rest = {user: items for user, items in newcomers.rest.items() if user in asked}
        if not rest:
            continue
        test = HeldOut.of(rest, pd.Index(catalogue["item_id"]))
        rows = users.set_index("user_id", drop=False).loc[test.user_ids]
        # Whatever a user is known by, the same items are asked for and the same left out.
        seen = seen_matrix(clicks, test.user_ids, catalogue["item_id"].tolist())
        everyone = np.ones((len(rows), 1), dtype=np.float32)
        ranked = {
            "two_tower": top_k(bundle.encode_users(rows, history, None), vectors, k, seen=seen)[0],
            "popularity": top_k(everyone, popularity, k, seen=seen)[0],
        }
        found[name] = {
            model: estimate(lists, test.matrix, k, seed=seed) for model, lists in ranked.items()
        }
    return found
