"""Screening: cheap scores with an error bound, so that an exact search can skip most items.

Vectors are rounded to bfloat16 where the processor multiplies it natively, which halves the time of
scoring. By the Cauchy-Schwarz inequality, for u and v rounded to r and s,
|u·v - r·s| <= |u - r| |v| + |r| |v - s|. Two changes that keep the order of a user's scores make
the bound tighter: the mean item is subtracted from every item, and each component is scaled, so
that it is as large in the items as in the users.

Tiles of items are scored one after the other. The k-th best maximum of groups of items is a lower
bound of the k-th best score, and only groups that reach it are examined. The items that suit the
users best come first, so the bound is nearly final after the first tile.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ml.retrieval.score_keys import Keys, LargestKeys, bits_of, ordered, scores_of

Places = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]

_TILE = 4096
"""Items per matrix product: the scores of a block of users nearly fit the second-level cache."""
_MAX_GROUP_SIZE = 16
_PAIRS_AT_ONCE = 1 << 18
"""Candidates kept at one time, besides those of one tile, unless the lists are longer."""
_SAMPLE = 256
"""Users, by whom the items are ordered."""
_DEVIATIONS = 2
"""A user with a score so far above an item's mean is one of about forty."""
_MAX_EXPONENT = 60
"""Of the powers of two by which components are scaled."""


class Pairs(NamedTuple):
    """Pairs of a user, by position in the block, and an item, by position in the screen."""

    users: Places
    """In ascending order."""
    items: Places


class Screen:
    """A range of items, prepared for the scoring of users."""

    def __init__(self, items: Tensor, users: Tensor, k: int, dtype: torch.dtype) -> None:
        """Order and round the items.

        Args:
            items: float32 (items, dim).
            users: float32 (users, dim), those who will be scored; the time depends on them, and
                what is found does not.
            k: items per user.
            dtype: bfloat16 or float32, the type of the scores.
        """
        self._items, self._users = items, users[:: max(1, len(users) // _SAMPLE)]
        self._k, self._dtype = k, dtype
        self._order = _promising_first(items, self._users)
        self._center = items.mean(dim=0)
        self._scale = _balance(items - self._center, users)
        # A power of two, so small that a tile has a group for each of the k best items.
        size = max(1, min(_MAX_GROUP_SIZE, _TILE // k, len(items) // (16 * k)))
        self._group = 1 << (size.bit_length() - 1)
        self._width = min(_TILE, -(-len(items) // self._group) * self._group)
        self._tiles: list[Tensor] = []
        self._norm = self._error = self._length = torch.zeros(())
        for first in range(0, len(items), self._width):
            tile = items[torch.from_numpy(self._order[first : first + self._width])]
            rounded = _Rounded.of((tile - self._center) / self._scale, dtype)
            self._tiles.append(rounded.vectors.T.contiguous())
            self._norm = torch.maximum(self._norm, rounded.norms.max())
            self._error = torch.maximum(self._error, rounded.errors.max())
            self._length = torch.maximum(self._length, (tile / self._scale).norm(dim=1).max())

    def candidates(self, users: Tensor, low: Scores, excluded: Pairs) -> Iterator[Pairs]:
        """Pairs that include the `k` best items of each user whose scores reach `low`.

        Args:
            users: float32 (users, dim).
            low: float32 (users,), minimum exact scores, which may be raised after each piece.
            excluded: pairs that are not candidates.

        Returns:
            Pieces of bounded size.
        """
        rounded = _Rounded.of(users * self._scale, self._dtype)
        margin, offset = self._margin(rounded).numpy(), (users @ self._center).numpy()
        outside = ordered(bits_of(torch.tensor([-torch.inf], dtype=self._dtype)))
        largest = LargestKeys(len(users), self._k, self._width // self._group, outside)
        found = _Found(self._group)
        most = max(_PAIRS_AT_ONCE, 4 * self._k * len(users))
        positive = False
        for number, bits in enumerate(self._scored(rounded.vectors, excluded)):
            # Only positive scores are left in most cases, and their bits are keys already.
            keys = bits if positive else ordered(bits, out=bits)
            maxima = keys.reshape(len(users), self._group, -1).max(axis=1)
            kth = scores_of(largest.add(maxima))
            kth -= np.abs(kth) * np.float32(torch.finfo(self._dtype).eps / 2)
            cutoff = self._cutoff(np.maximum(kth - margin, low - offset) - margin)
            positive = bool((cutoff > 0).all())
            found.add(number, keys, maxima, cutoff)
            if len(found) > most:
                found.keep(cutoff)
            if len(found) > most:
                if self._dtype is not torch.float32:
                    # After rounding too many items have nearly equal scores.
                    yield from self._precise.candidates(users, low, excluded)
                    return
                yield self._pairs(found)
                found = _Found(self._group)
        if found:
            found.keep(cutoff)
            yield self._pairs(found)

    @cached_property
    def _precise(self) -> "Screen":
        return Screen(self._items, self._users, self._k, torch.float32)

    def _scored(self, users: Tensor, excluded: Pairs) -> Iterator[Keys]:
        """The bits of the scores of each tile (users, width), valid until the next one."""
        position = np.empty(len(self._items), dtype=np.int64)
        position[self._order] = np.arange(len(self._items))
        tiles, columns = np.divmod(position[excluded.items], self._width)
        order = np.argsort(tiles.astype(np.uint16), kind="stable")
        rows, columns = excluded.users[order], columns[order]
        edges = np.searchsorted(tiles[order], np.arange(len(self._tiles) + 1))
        scores = torch.empty((len(users), self._width), dtype=self._dtype)
        (outside,) = bits_of(torch.tensor([-torch.inf], dtype=self._dtype))
        bits = bits_of(scores)
        for number, tile in enumerate(self._tiles):
            items = tile.shape[1]
            torch.mm(users, tile, out=scores[:, :items])
            within = slice(edges[number], edges[number + 1])
            bits[rows[within], columns[within]] = outside
            bits[:, items:] = outside
            yield bits

    def _pairs(self, found: "_Found") -> Pairs:
        """What was found, with the items' positions."""
        rows, tiles, columns = found.pairs()
        return Pairs(rows, self._order[tiles * self._width + columns])

    def _cutoff(self, lowest: Scores) -> Keys:
        """The keys of scores rounded like those of the items; excluded pairs stay below them."""
        least = torch.from_numpy(lowest).clamp(min=torch.finfo(self._dtype).min)
        return ordered(bits_of(least.to(self._dtype)))

    def _margin(self, users: "_Rounded") -> Tensor:
        """Bound of |exact score - offset - score before its own rounding|, float32 (users,).

        It covers the rounding of the vectors and the order of summation, for the worst item.
        """
        number = torch.finfo(torch.float32)
        rounding = users.errors * self._norm + (users.norms + users.errors) * self._error
        summing = users.norms * (self._norm + 2 * self._length) * number.eps
        vanishing = (
            users.norms + self._norm + 1
        ) * number.tiny  # subnormal numbers are flushed to 0
        dim = users.vectors.shape[1]
        return 1.01 * rounding + 4 * dim * (summing + vanishing)


class _Rounded(NamedTuple):
    vectors: Tensor
    """(n, dim) in the type of the scores."""
    norms: Tensor
    """float32 (n,): Euclidean norms before rounding."""
    errors: Tensor
    """float32 (n,): Euclidean norms of the rounding errors."""

    @classmethod
    def of(cls, vectors: Tensor, dtype: torch.dtype) -> "_Rounded":
        norms = vectors.norm(dim=1)
        if dtype is torch.float32:
            return cls(vectors, norms, torch.zeros(len(vectors)))
        rounded = vectors.to(dtype)
        return cls(rounded, norms, rounded.float().sub_(vectors).norm(dim=1))


class _Found:
    """Candidates with their keys, tile by tile."""

    def __init__(self, group: int) -> None:
        self._group = group
        self._parts: list[tuple[Keys, Keys, Keys, Keys]] = []
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def add(self, tile: int, keys: Keys, maxima: Keys, cutoff: Keys) -> None:
        """Those of a tile whose keys reach the cutoff, (users,).

        The members of a group are not adjacent: maxima are computed over whole rows.
        """
        width, groups = keys.shape[1], maxima.shape[1]
        hits = np.flatnonzero(maxima >= cutoff[:, None]).astype(np.int32)
        rows = hits // groups
        first = rows * (width - groups) + hits
        places = first[:, None] + np.arange(0, width, groups, dtype=np.int32)
        members = keys.reshape(-1).take(places, mode="clip")
        reached = np.flatnonzero(members >= cutoff[rows][:, None])
        places = places.reshape(-1)[reached]
        rows = places // width
        tiles = np.full(len(rows), tile, dtype=np.int32)
        self._append(rows, tiles, places - rows * width, members.reshape(-1)[reached])

    def keep(self, cutoff: Keys) -> None:
        """Only those that reach a higher cutoff."""
        rows, tiles, columns, keys = self._all()
        kept = np.flatnonzero(keys >= cutoff[rows])
        self._parts, self._length = [], 0
        self._append(rows[kept], tiles[kept], columns[kept], keys[kept])

    def pairs(self) -> tuple[Keys, Keys, Keys]:
        """Rows in ascending order, tiles, and columns of the tiles."""
        rows, tiles, columns, _ = self._all()
        # Radix sort is for 16 bits at most.
        order = np.argsort(rows.astype(np.uint16), kind="stable")
        return rows[order].astype(np.int64), tiles[order], columns[order]

    def _all(self) -> tuple[Keys, Keys, Keys, Keys]:
        rows, tiles, columns, keys = map(np.concatenate, zip(*self._parts, strict=True))
        return rows, tiles, columns, keys

    def _append(self, *part: Keys) -> None:
        rows, tiles, columns, keys = part
        self._parts.append((rows, tiles, columns, keys))
        self._length += len(rows)


def _promising_first(items: Tensor, users: Tensor) -> Places:
    """Positions of the items, those first that have high scores for some of the users."""
    mean = users.mean(dim=0)
    covariance = torch.cov(users.T, correction=0).reshape(len(mean), len(mean))
    variance = ((items @ covariance) * items).sum(dim=1)
    likely = items @ mean + _DEVIATIONS * variance.clamp(min=0).sqrt()
    return np.argsort(-likely.numpy(), kind="stable")


def _balance(items: Tensor, users: Tensor) -> Tensor:
    """Powers of two by which users are multiplied and items are divided, float32 (dim,)."""
    largest = [vectors.abs().amax(dim=0).log2() for vectors in (items, users)]
    exponents = ((largest[0] - largest[1]) / 2).round()
    exponents = exponents.nan_to_num(0, 0, 0).clamp(-_MAX_EXPONENT, _MAX_EXPONENT)
    return torch.exp2(exponents)
