"""A log over a wide catalogue: tastes in clusters, popularity by a power law, no content."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.data.catalogue_table import no_items, no_users
from ml.dataset import Dataset
from streams.contracts import InteractionType

_CLUSTERS = 400
_CLUSTERS_A_USER = 3
_TASTE = 0.8
"""Chance that an item comes from the user's clusters, and not from the whole catalogue."""
_POPULARITY_EXPONENT = 0.8
_DRAWN = 1.6
"""Items drawn for one that is wanted: some are drawn twice."""

Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class WideLog:
    """What there is to learn from, and what is held out."""

    training: Dataset
    held_out: dict[str, set[str]]
    """20 % of each user's items, by user id."""


def make_wide_log(
    *, users: int = 30_000, items: int = 40_000, training: int = 1_000_000, seed: int = 0
) -> WideLog:
    """Purchases without instants; about `training` of them, a fourth as many are held out."""
    rng = np.random.default_rng(seed)
    pairs = _pairs(rng, users, items, training * 5 // 4)
    order = rng.permutation(len(pairs))
    owner = pairs[order] // items
    # Within each user the items stand in a drawn order, of which the first fifth is held out.
    by_user = order[np.argsort(owner, kind="stable")]
    sizes = np.bincount(owner, minlength=users)
    rank = np.arange(len(pairs)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    kept_back = rank < np.repeat(sizes // 5, sizes)
    names = pd.DataFrame(
        {
            "user_id": np.char.add("u", (pairs[by_user] // items).astype(str)).astype(object),
            "item_id": np.char.add("i", (pairs[by_user] % items).astype(str)).astype(object),
        }
    )
    log = names[~kept_back].reset_index(drop=True)
    log["timestamp"] = pd.Series(pd.NaT, index=log.index).dt.tz_localize("UTC")
    log["interaction_type"] = InteractionType.PURCHASE.value
    log["rating"] = log["quantity"] = np.nan
    hidden = names[kept_back].groupby("user_id")["item_id"].agg(set)
    return WideLog(Dataset(log, no_users(), no_items()), hidden.to_dict())


def _pairs(rng: np.random.Generator, users: int, items: int, wanted: int) -> Places:
    """Distinct pairs as user * items + item, about `wanted` of them."""
    activity = rng.lognormal(0, 0.8, users)
    drawn = np.ceil(activity / activity.sum() * wanted * _DRAWN).astype(np.int64) + 5
    owner = np.repeat(np.arange(users), drawn)
    tastes = rng.integers(_CLUSTERS, size=(users, _CLUSTERS_A_USER))
    cluster = tastes[owner, rng.integers(_CLUSTERS_A_USER, size=len(owner))]
    # Item i is in cluster i % _CLUSTERS; in a cluster as in the whole, the lower is more popular.
    in_cluster = _power_law(rng, items // _CLUSTERS, len(owner)) * _CLUSTERS + cluster
    item = np.where(rng.random(len(owner)) < _TASTE, in_cluster, _power_law(rng, items, len(owner)))
    distinct = np.unique(owner * items + item)
    return np.sort(rng.choice(distinct, min(wanted, len(distinct)), replace=False))


def _power_law(rng: np.random.Generator, size: int, draws: int) -> Places:
    cumulative = np.cumsum(np.arange(1, size + 1) ** -_POPULARITY_EXPONENT)
    return np.searchsorted(cumulative, rng.random(draws) * cumulative[-1]).astype(np.int64)
