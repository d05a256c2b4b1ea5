"""Lists for many users at once, block by block."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.dataset import Dataset
from ml.retrieval.exact import top_k
from ml.retrieval.seen import seen_matrix
from ml.towers.bundle import Bundle

_USERS_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class ItemIndex:
    """The items that a list may hold."""

    item_ids: list[str]
    vectors: npt.NDArray[np.float32]
    """(items, dim), one row an item of `item_ids`."""


@dataclass(frozen=True, slots=True)
class ListedUsers:
    """A block of users with their vectors and lists."""

    user_ids: list[str]
    vectors: npt.NDArray[np.float32]
    """(users, dim)."""
    lists: list[list[str]]
    """Item ids, best first, without what the user has met."""


def index_items(bundle: Bundle, dataset: Dataset) -> ItemIndex:
    """The catalogue encoded; an item that only the interactions know cannot be shown to anyone."""
    return ItemIndex(dataset.items["item_id"].tolist(), bundle.encode_items(dataset.items))


def list_items(
    bundle: Bundle,
    index: ItemIndex,
    users: pd.DataFrame,
    interactions: pd.DataFrame,
    *,
    k: int,
    now: datetime,
) -> Iterator[ListedUsers]:
    """The best `k` items of each of `users` (USER_COLUMNS), as seen at `now`, in blocks.

    Memory grows with the block, not with the number of users.
    """
    place = pd.Index(users["user_id"]).get_indexer(pd.Index(interactions["user_id"]))
    order = np.argsort(place, kind="stable")
    place = place[order]
    for start in range(0, len(users), _USERS_AT_ONCE):
        block = users.iloc[start : start + _USERS_AT_ONCE]
        lower, upper = np.searchsorted(place, [start, start + len(block)])
        history = interactions.iloc[order[lower:upper]]
        user_ids = block["user_id"].tolist()
        vectors = bundle.encode_users(block, history, now)
        seen = seen_matrix(history, user_ids, index.item_ids)
        found, _ = top_k(vectors, index.vectors, k, seen=seen)
        yield ListedUsers(user_ids, vectors, _named(found, index.item_ids))


def _named(found: npt.NDArray[np.int64], item_ids: Sequence[str]) -> list[list[str]]:
    return [[item_ids[place] for place in row if place >= 0] for row in found.tolist()]
