"""A synthetic shop too large to be made event by event: its sessions are drawn all at once.

Catalogue and shoppers are those of `ml.data.synthetic`. A session is spent in a category of the
shopper's taste, and items of a category are chosen by their popularity.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ml.data.synthetic import SyntheticConfig
from ml.data.synthetic.catalogue import Catalogue, make_catalogue
from ml.data.synthetic.shoppers import Shoppers, make_shoppers
from streams.contracts import InteractionType, NewUser, Product

_LAST_VIEW_PROBABILITY = 0.28
_MAX_VIEWS = 20
_CART_PROBABILITY = 0.6
_PURCHASE_PROBABILITY = 0.75
"""Of what is in the cart."""
_EVENTS_PER_SESSION = 4.0
"""A little less than there are, so that enough sessions are drawn."""
_SECONDS_PER_EVENT = 60
_KINDS = (InteractionType.VIEW, InteractionType.CART, InteractionType.PURCHASE)

Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LargeShop:
    """Products, users, and interactions in the order of time."""

    products: list[Product]
    users: list[NewUser]
    interactions: pa.Table
    """Columns of `events.interactions`; an id is the 16 bytes of a UUID."""


def make_large_shop(*, events: int, users: int, items: int, seed: int = 0) -> LargeShop:
    """About `events` interactions; the same arguments give the same shop."""
    config = SyntheticConfig(n_users=users, n_items=items, n_interactions=events, seed=seed)
    for_catalogue, for_shoppers, for_sessions = np.random.default_rng(seed).spawn(3)
    catalogue = make_catalogue(config, for_catalogue)
    shoppers = make_shoppers(config, for_shoppers)
    interactions = _interactions(config, catalogue, shoppers, for_sessions)
    return LargeShop(catalogue.products, shoppers.users, interactions)


def _interactions(
    config: SyntheticConfig, catalogue: Catalogue, shoppers: Shoppers, random: np.random.Generator
) -> pa.Table:
    start, end = config.starts_at.timestamp(), config.ends_at.timestamp()
    sessions = int(config.n_interactions / _EVENTS_PER_SESSION)
    user = random.choice(config.n_users, sessions, p=shoppers.activity)
    signed_up = np.array([each.signup_date.timestamp() for each in shoppers.users])
    first = np.maximum(signed_up[user], start)
    started = first + random.random(sessions) * (end - 3_600 - first)
    category = _categories(shoppers.category_taste, user, random)

    views = np.minimum(random.geometric(_LAST_VIEW_PROBABILITY, sessions), _MAX_VIEWS)
    session = np.repeat(np.arange(sessions), views)
    number = np.arange(len(session)) - np.repeat(np.cumsum(views) - views, views)
    item = _items(catalogue, category[session], random)
    # What is put into the cart, and bought, is the last item of a session.
    last = np.cumsum(views) - 1
    carts = np.flatnonzero(random.random(sessions) < _CART_PROBABILITY)
    bought = carts[random.random(len(carts)) < _PURCHASE_PROBABILITY]
    sessions_of = np.concatenate([session, carts, bought])
    item = np.concatenate([item, item[last[carts]], item[last[bought]]])
    number = np.concatenate([number, views[carts], views[bought] + 1])
    kind = np.repeat(np.arange(3), [len(session), len(carts), len(bought)])
    at = (started[sessions_of] + number * _SECONDS_PER_EVENT).astype(np.int64)

    arrival = np.array([each.arrival_date.timestamp() for each in catalogue.products])
    kept = np.flatnonzero(arrival[item] <= at)
    kept = random.permutation(kept)[: config.n_interactions]
    kept = kept[np.argsort(at[kept], kind="stable")]
    user_ids = [each.user_id for each in shoppers.users]
    item_ids = [each.item_id for each in catalogue.products]
    return pa.table(
        {
            "interaction_id": _uuids(len(kept)),
            "user_id": _texts(user[sessions_of[kept]], user_ids),
            "item_id": _texts(item[kept], item_ids),
            "timestamp": pa.array(at[kept] * 1_000_000, pa.timestamp("us", tz="UTC")),
            "interaction_type": _texts(kind[kept], [each.value for each in _KINDS]),
        }
    )


def _categories(
    taste: npt.NDArray[np.float64], user: Places, random: np.random.Generator
) -> Places:
    """One for each session, by the softmax of its user's taste."""
    cumulative = np.cumsum(np.exp(taste - taste.max(axis=1, keepdims=True)), axis=1)
    drawn = random.random(len(user)) * cumulative[user, -1]
    category = np.zeros(len(user), dtype=np.int64)
    for bound in cumulative.T[:-1]:
        category += bound[user] < drawn
    return category


def _items(catalogue: Catalogue, category: Places, random: np.random.Generator) -> Places:
    """One of each category, by the popularity of the items."""
    order = np.argsort(catalogue.category, kind="stable")
    cumulative = np.concatenate([[0.0], np.cumsum(np.exp(catalogue.popularity[order]))])
    edges = np.searchsorted(catalogue.category[order], np.arange(catalogue.category.max() + 2))
    low, high = cumulative[edges[category]], cumulative[edges[category + 1]]
    drawn = low + random.random(len(category)) * (high - low)
    place = np.searchsorted(cumulative, drawn, side="right") - 1
    chosen: Places = order[np.clip(place, edges[category], edges[category + 1] - 1)]
    return chosen


def _texts(places: Places, texts: list[str]) -> Any:
    return pa.DictionaryArray.from_arrays(pa.array(places, pa.int32()), texts).dictionary_decode()


def _uuids(count: int) -> pa.Array:
    """Ascending, as those of version 7 are: an index takes them at its end."""
    numbers = np.zeros((count, 2), dtype=">u8")
    numbers[:, 1] = np.arange(count)
    return pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(16), count, [None, pa.py_buffer(numbers.tobytes())]
    ).cast(pa.binary())
