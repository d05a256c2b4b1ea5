"""Lists for many users at once, block by block."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.dataset import Dataset
from ml.retrieval.dense import seen_matrix
from ml.retrieval.exact import ItemSearch
from ml.retrieval.threads import in_threads
from ml.serving.category_spread import BY_SCORE, History, Spread
from ml.towers.bundle import Bundle
from ml.towers.user_encoder import Vectors

if TYPE_CHECKING:
    import scipy.sparse

_USERS_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class ItemIndex:
    """The items that a list may hold."""

    item_ids: list[str]
    vectors: npt.NDArray[np.float32]
    """(items, dim), one row per item of `item_ids`."""

    @classmethod
    def of(cls, bundle: Bundle, items: pd.DataFrame) -> Self:
        """Encode `items` (ITEM_COLUMNS)."""
        return cls(items["item_id"].tolist(), bundle.encode_items(items))

    def vectors_of(self, item_ids: Collection[str]) -> dict[str, npt.NDArray[np.float32]]:
        """The vectors, float32 (dim,), of some of the items by id."""
        wanted = set(item_ids)
        return {
            item_id: vector
            for item_id, vector in zip(self.item_ids, self.vectors, strict=True)
            if item_id in wanted
        }


@dataclass(frozen=True, slots=True)
class EncodedUsers:
    """A block of users with their vectors."""

    user_ids: list[str]
    preferences: list[str]
    """Names of departments, `|`-joined."""
    vectors: npt.NDArray[np.float32]
    """(users, dim)."""
    history: pd.DataFrame
    """All of their interactions."""


@dataclass(frozen=True, slots=True)
class ListedUsers:
    """A block of users with their vectors and lists."""

    user_ids: list[str]
    vectors: npt.NDArray[np.float32]
    """(users, dim)."""
    lists: list[list[str]]
    """Item ids, best first, without those that the user has seen."""


def index_items(bundle: Bundle, dataset: Dataset) -> ItemIndex:
    """The encoded catalogue; an item that occurs in the interactions alone cannot be shown."""
    return ItemIndex.of(bundle, dataset.items)


def list_items(
    bundle: Bundle,
    index: ItemIndex,
    users: pd.DataFrame,
    interactions: pd.DataFrame,
    *,
    k: int,
    now: datetime | None,
    spread: Spread = BY_SCORE,
    new_items: Vectors = MappingProxyType({}),
) -> Iterator[ListedUsers]:
    """The best `k` items of each of `users` (USER_COLUMNS), in blocks, by several threads.

    The lists are as of `now`, or without it as of the end of the interactions. Memory grows with
    the block, not with the number of users. `spread` is of the items of `index`, and `new_items`
    are as in `Bundle.encode_users`.
    """
    histories = _histories(users, interactions, _USERS_AT_ONCE)
    encode = partial(_encoded, bundle, now=now, new_items=new_items)
    first = next(histories, None)
    if first is None:
        return
    sample = encode(first)
    search = ItemSearch(index.vectors, spread.width(k), sample.vectors)
    columns = pd.Index(index.item_ids)

    def listed(history: tuple[pd.DataFrame, pd.DataFrame]) -> ListedUsers:
        block = sample if history is first else encode(history)
        seen = seen_matrix(block.history, block.user_ids, columns)
        candidates = search.best(block.vectors, seen)
        found = spread.first(candidates, k, block.preferences, met(seen))
        return ListedUsers(block.user_ids, block.vectors, named(found, index.item_ids))

    yield from in_threads(listed, chain([first], histories))


def encode_in_blocks(
    bundle: Bundle,
    users: pd.DataFrame,
    interactions: pd.DataFrame,
    *,
    now: datetime | None,
    at_once: int = _USERS_AT_ONCE,
    new_items: Vectors = MappingProxyType({}),
) -> Iterator[EncodedUsers]:
    """The vectors of `users` (USER_COLUMNS) as of `now`, in blocks of `at_once`."""
    for history in _histories(users, interactions, at_once):
        yield _encoded(bundle, history, now=now, new_items=new_items)


def _histories(
    users: pd.DataFrame, interactions: pd.DataFrame, at_once: int
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """Blocks of users, and all interactions of each block."""
    place = pd.Index(users["user_id"]).get_indexer(pd.Index(interactions["user_id"]))
    # Numbers of place and row together are sorted several times as fast as by a stable sort.
    rows = max(1, len(interactions))
    keys = place * rows + np.arange(len(interactions))
    keys.sort()
    place, order = np.divmod(keys, rows)
    for start in range(0, len(users), at_once):
        block = users.iloc[start : start + at_once]
        lower, upper = np.searchsorted(place, [start, start + len(block)])
        yield block, interactions.iloc[order[lower:upper]]


def _encoded(
    bundle: Bundle,
    history: tuple[pd.DataFrame, pd.DataFrame],
    *,
    now: datetime | None,
    new_items: Vectors,
) -> EncodedUsers:
    block, interactions = history
    vectors = bundle.encode_users(block, interactions, now, new_items=new_items)
    return EncodedUsers(
        block["user_id"].tolist(), block["preferences"].tolist(), vectors, interactions
    )


def lists_by_user(
    bundle: Bundle, dataset: Dataset, user_ids: Collection[str], k: int
) -> dict[str, list[str]]:
    """The best `k` items of each of `user_ids` after all of the dataset's interactions.

    The lists rank every item of the dataset, including those that occur in the interactions alone.
    Interactions with items that the bundle did not meet in training count by their content.
    """
    index = ItemIndex.of(bundle, dataset.known_items())
    new_items = index.vectors_of(
        bundle.user_encoder.unknown(dataset.interactions["item_id"].unique())
    )
    users = dataset.known_users()
    known = users[users["user_id"].isin(set(user_ids))].reset_index(drop=True)
    blocks = list_items(
        bundle, index, known, dataset.interactions, k=k, now=None, new_items=new_items
    )
    return {
        user: found
        for block in blocks
        for user, found in zip(block.user_ids, block.lists, strict=True)
    }


def met(seen: "scipy.sparse.csr_array") -> History:
    """The entries of `ml.retrieval.dense.seen_matrix`."""
    rows = np.repeat(np.arange(seen.shape[0]), np.diff(seen.indptr))
    return History(rows, seen.indices.astype(np.int64))


def named(found: npt.NDArray[np.int64], item_ids: Sequence[str]) -> list[list[str]]:
    """The ids of each row's items; -1 stands for no item."""
    return [[item_ids[place] for place in row if place >= 0] for row in found.tolist()]
