"""A log with a wide catalogue: clustered tastes, power-law popularity, no content."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.data.catalogue_table import no_items, no_users
from ml.dataset import Dataset
from streams.contracts import InteractionType

_CLUSTERS = 400
_CLUSTERS_PER_USER = 3
_TASTE = 0.8
"""Probability that an item is sampled from the user's clusters, not from the whole catalogue."""
_POPULARITY_EXPONENT = 0.8
_OVERSAMPLING = 1.6
"""Sampled items per distinct item: some are sampled twice."""

Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class WideLog:
    """The training data and the held-out items."""

    training: Dataset
    held_out: dict[str, set[str]]
    """20 % of each user's items, by user id."""


def make_wide_log(
    *, users: int = 30_000, items: int = 40_000, training: int = 1_000_000, seed: int = 0
) -> WideLog:
    """About `training` purchases without timestamps, and a fourth as many held out."""
    rng = np.random.default_rng(seed)
    pairs = _pairs(rng, users, items, training * 5 // 4)
    order = rng.permutation(len(pairs))
    owner = pairs[order] // items
    # Each user's items are in a random order, of which the first fifth is held out.
    by_user = order[np.argsort(owner, kind="stable")]
    sizes = np.bincount(owner, minlength=users)
    rank = np.arange(len(pairs)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    is_held_out = rank < np.repeat(sizes // 5, sizes)
    names = pd.DataFrame(
        {
            "user_id": np.char.add("u", (pairs[by_user] // items).astype(str)).astype(object),
            "item_id": np.char.add("i", (pairs[by_user] % items).astype(str)).astype(object),
        }
    )
    log = names[~is_held_out].reset_index(drop=True)
    log["timestamp"] = pd.Series(pd.NaT, index=log.index).dt.tz_localize("UTC")
    log["interaction_type"] = InteractionType.PURCHASE.value
    log["rating"] = log["quantity"] = np.nan
    hidden = names[is_held_out].groupby("user_id")["item_id"].agg(set)
    return WideLog(
        Dataset(log, no_users(), no_items()), {str(user): seen for user, seen in hidden.items()}
    )


def _pairs(rng: np.random.Generator, users: int, items: int, count: int) -> Places:
    """About `count` distinct pairs, as user * items + item."""
    activity = rng.lognormal(0, 0.8, users)
    drawn = np.ceil(activity / activity.sum() * count * _OVERSAMPLING).astype(np.int64) + 5
    owner = np.repeat(np.arange(users), drawn)
    tastes = rng.integers(_CLUSTERS, size=(users, _CLUSTERS_PER_USER))
    cluster = tastes[owner, rng.integers(_CLUSTERS_PER_USER, size=len(owner))]
    # Item i is in cluster i % _CLUSTERS; lower items are more popular, overall and in a cluster.
    in_cluster = _power_law(rng, items // _CLUSTERS, len(owner)) * _CLUSTERS + cluster
    item = np.where(rng.random(len(owner)) < _TASTE, in_cluster, _power_law(rng, items, len(owner)))
    distinct = np.unique(owner * items + item)
    return np.sort(rng.choice(distinct, min(count, len(distinct)), replace=False))


def _power_law(rng: np.random.Generator, size: int, draws: int) -> Places:
    cumulative = np.cumsum(np.arange(1, size + 1) ** -_POPULARITY_EXPONENT)
    drawn: Places = np.searchsorted(cumulative, rng.random(draws) * cumulative[-1])
    return drawn.astype(np.int64)
