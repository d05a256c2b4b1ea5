"""Exact maximum inner product search, in blocks of bounded memory.

All items are screened (`ml.retrieval.screening`), and the few that may be among the best are scored
in full precision.
"""

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt
import scipy.sparse
import torch

from ml.native_type import native_type
from ml.retrieval.score_keys import ordered
from ml.retrieval.screening import Pairs, Screen
from ml.retrieval.threads import in_threads
from streams.errors import ContractError

_ITEMS_AT_ONCE = 1 << 17
_USERS_AT_ONCE = 256
_FEW_USERS = 64
"""For this many users or fewer, rounding the items costs more than it saves."""
_PRODUCTS_AT_ONCE = 1 << 17
"""Half a megabyte of float32, which stays in the second-level cache."""
_NO_ITEM = 0xFFFFFFFF


def top_k(
    user_vectors: npt.NDArray[np.float32],
    item_vectors: npt.NDArray[np.float32],
    k: int,
    *,
    seen: scipy.sparse.csr_array | None = None,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """The `k` items of the highest inner product for each user, best first.

    Of equal scores the lower item index comes first. A score depends on its two vectors alone, so
    the result does not depend on the blocks. Blocks of users run in as many threads as torch has.

    Args:
        user_vectors: float32 (users, dim).
        item_vectors: float32 (items, dim).
        k: items per user, at least 1; may exceed the number of items.
        seen: (users, items); each stored entry removes that item from that user's list.

    Returns:
        Item indices, int64 (users, k), and their scores, float32 (users, k). Where fewer than `k`
        items remain, the rest of the row is index -1 and score -inf.

    Raises:
        ContractError: if the shapes do not match, or a vector is not finite.
    """
    users, items = _checked(user_vectors, "user_vectors"), _checked(item_vectors, "item_vectors")
    if users.shape[1] != items.shape[1]:
        raise ContractError(
            f"user vectors have {users.shape[1]} dimensions, item vectors {items.shape[1]}"
        )
    if k < 1:
        raise ContractError(f"k must be at least 1, not {k}")
    if seen is not None and seen.shape != (len(users), len(items)):
        raise ContractError(
            f"seen has shape {seen.shape}, but there are {len(users)} users and {len(items)} items"
        )
    lists = _Lists.empty(len(users), k)
    if not len(users):
        return lists.indices, lists.scores
    blocks = _blocks(len(users))
    for start, part in _parts(items):
        search = partial(
            _search,
            users=users,
            items=part,
            start=start,
            screen=Screen(part, torch.from_numpy(users), k, _type_for(len(users))),
            seen=seen,
            lists=lists,
        )
        for _ in in_threads(search, blocks) if len(blocks) > 1 else map(search, blocks):
            pass
    return lists.found()


class ItemSearch:
    """`top_k` among the same items for users who come block by block. Threads may share one."""

    def __init__(
        self, item_vectors: npt.NDArray[np.float32], k: int, sample: npt.NDArray[np.float32]
    ) -> None:
        """Prepare all items, once.

        Args:
            item_vectors: float32 (items, dim).
            k: items per user.
            sample: float32 (users, dim), some of the users; the time depends on them, and what is
                found does not.
        """
        self._k = k
        items, users = _checked(item_vectors, "item_vectors"), torch.from_numpy(sample)
        self._parts = [
            (start, part, Screen(part, users, k, _type_for(len(sample))))
            for start, part in _parts(items)
        ]

    def best(
        self, user_vectors: npt.NDArray[np.float32], seen: scipy.sparse.csr_array
    ) -> npt.NDArray[np.int64]:
        """The items of each user as `top_k` finds them, int64 (users, k); in the calling thread."""
        users = _checked(user_vectors, "user_vectors")
        lists = _Lists.empty(len(users), self._k)
        for first in range(0, len(users), _USERS_AT_ONCE):
            block = slice(first, min(first + _USERS_AT_ONCE, len(users)))
            for start, part, screen in self._parts:
                _search(
                    block,
                    users=users,
                    items=part,
                    start=start,
                    screen=screen,
                    seen=seen,
                    lists=lists,
                )
        return lists.found()[0]


class _Lists(NamedTuple):
    """The best items so far, best first; free places hold `_NO_ITEM` with -inf."""

    indices: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float32]

    @classmethod
    def empty(cls, users: int, k: int) -> Self:
        return cls(
            np.full((users, k), _NO_ITEM, dtype=np.int64),
            np.full((users, k), -np.inf, dtype=np.float32),
        )

    def found(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        self.indices[np.isneginf(self.scores)] = -1
        return self.indices, self.scores


def _type_for(users: int) -> torch.dtype:
    return native_type() if users > _FEW_USERS else torch.float32


def _parts(items: npt.NDArray[np.float32]) -> Iterator[tuple[int, torch.Tensor]]:
    """The first item of each part, and its vectors."""
    for start in range(0, len(items), _ITEMS_AT_ONCE):
        yield start, torch.from_numpy(items[start : start + _ITEMS_AT_ONCE])


def _search(
    block: slice,
    *,
    users: npt.NDArray[np.float32],
    items: torch.Tensor,
    start: int,
    screen: Screen,
    seen: scipy.sparse.csr_array | None,
    lists: _Lists,
) -> None:
    """Update the lists of a block of users with the items from `start` on."""
    queries = torch.from_numpy(users[block])
    found = _Lists(lists.indices[block], lists.scores[block])
    excluded = _seen_pairs(seen, block, start, start + len(items))
    for pairs in screen.candidates(queries, found.scores[:, -1], excluded):
        scores = _inner_products(queries, items, pairs)
        _merge(found, pairs.users, pairs.items + start, scores)


def _checked(vectors: npt.NDArray[np.float32], name: str) -> npt.NDArray[np.float32]:
    if vectors.ndim != 2:  # noqa: PLR2004 - a matrix has two axes
        raise ContractError(f"{name} must be a matrix, not of shape {vectors.shape}")
    # Minimum and maximum show it without a mask as large as the matrix.
    if vectors.size and not (np.isfinite(vectors.min()) and np.isfinite(vectors.max())):
        raise ContractError(f"{name} holds values that are not finite")
    return np.ascontiguousarray(vectors, dtype=np.float32)


def _blocks(users: int) -> list[slice]:
    """Blocks of users of equal length; their number is a multiple of the number of threads."""
    threads = torch.get_num_threads()
    rounds = -(-users // (_USERS_AT_ONCE * threads))
    few = min(users, _FEW_USERS, _USERS_AT_ONCE)
    length = max(few, -(-users // max(1, rounds * threads)), 1)
    return [slice(first, min(first + length, users)) for first in range(0, users, length)]


def _seen_pairs(seen: scipy.sparse.csr_array | None, block: slice, start: int, stop: int) -> Pairs:
    """The items from `start` to `stop` that the users of the block have seen."""
    if seen is None:
        return Pairs(np.empty(0, np.int64), np.empty(0, np.int64))
    pointers = seen.indptr[block.start : block.stop + 1]
    rows = np.repeat(np.arange(len(pointers) - 1), np.diff(pointers))
    columns = seen.indices[pointers[0] : pointers[-1]].astype(np.int64)
    within = (columns >= start) & (columns < stop)
    return Pairs(rows[within], columns[within] - start)


def _inner_products(
    users: torch.Tensor, items: torch.Tensor, pairs: Pairs
) -> npt.NDArray[np.float32]:
    """The score of each pair, summed in the same order in every block."""
    scores = np.empty(len(pairs.users), dtype=np.float32)
    length = max(1, _PRODUCTS_AT_ONCE // max(1, users.shape[1]))
    for first in range(0, len(scores), length):
        piece = slice(first, first + length)
        products = users.index_select(0, torch.from_numpy(pairs.users[piece]))
        products *= items.index_select(0, torch.from_numpy(pairs.items[piece]))
        torch.sum(products, dim=1, out=torch.from_numpy(scores[piece]))
    return scores


def _merge(
    lists: _Lists,
    rows: npt.NDArray[np.int64],
    items: npt.NDArray[np.int64],
    scores: npt.NDArray[np.float32],
) -> None:
    """Insert the items that are among the best into their users' lists; `rows` ascend."""
    if not len(rows):
        return
    block = slice(rows[0], rows[-1] + 1)
    rows = rows - rows[0]
    k = lists.indices.shape[1]
    sizes = np.bincount(rows)
    places = np.arange(len(rows)) - (np.cumsum(sizes) - sizes)[rows]
    keys = np.full((len(sizes), k + sizes.max()), np.iinfo(np.int64).max)
    keys[:, :k] = _keys(lists.scores[block], lists.indices[block])
    keys[rows, k + places] = _keys(scores, items)
    keys.sort(axis=1)
    lists.indices[block] = keys[:, :k] & _NO_ITEM
    lists.scores[block] = _scores(keys[:, :k])


def _keys(scores: npt.NDArray[np.float32], indices: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """One integer for a score and an index: the better of two has the smaller one."""
    bits = np.subtract(np.float32(0), scores).view(np.int32)
    return (ordered(bits).astype(np.int64) << 32) | indices


def _scores(keys: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    bits = (keys >> 32).astype(np.int32)
    return np.subtract(np.float32(0), ordered(bits).view(np.float32))
