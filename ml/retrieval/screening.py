"""Screening: cheap scores with an error bound, so that an exact search can skip most items.

Vectors are rounded to bfloat16 where the processor multiplies it natively, which halves the time of
scoring. By the Cauchy-Schwarz inequality, for u and v rounded to r and s,
|u·v - r·s| <= |u - r| |v| + |r| |v - s|. The k-th best maximum of groups of items is no better than
the k-th best item, so it is a lower bound, and only groups that reach it are examined.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Places = npt.NDArray[np.int64]

_TILE = 2048
"""Items per matrix product: with the users of a block they fit into the second-level cache."""
_MAX_GROUP_SIZE = 32
_PAIRS_AT_ONCE = 1 << 18
"""Pairs examined at one time, unless a single user has more."""


def native_type() -> torch.dtype:
    """The cheapest number type that this processor multiplies natively."""
    usable = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    native = usable and torch.cpu.get_capabilities().get("avx512_bf16", False)
    return torch.bfloat16 if native else torch.float32


class Pairs(NamedTuple):
    """Pairs of a user, by position in the block, and an item, by position in the screen."""

    users: Places
    """In ascending order."""
    items: Places


class Screen:
    """A range of items, prepared for the scoring of users."""

    def __init__(self, items: Tensor, k: int, dtype: torch.dtype) -> None:
        """Round the items.

        Args:
            items: float32 (items, dim).
            k: items per user.
            dtype: bfloat16 or float32, the type of the scores.
        """
        self._items = items
        self._k = k
        self._rounded = _Rounded.of(items, dtype)
        self._norm, self._error = self._rounded.norms.max(), self._rounded.errors.max()
        # A power of two, small enough that most of the k best items are in different groups.
        size = max(1, min(_MAX_GROUP_SIZE, len(items) // (16 * k)))
        self._group = 1 << (size.bit_length() - 1)
        self._width = min(_TILE, -(-len(items) // self._group) * self._group)
        self._groups = self._width // self._group

    def candidates(self, users: Tensor, low: Tensor, excluded: Pairs) -> Iterator[Pairs]:
        """Pairs that include the `k` best items of each user whose scores reach `low`.

        Args:
            users: float32 (users, dim).
            low: float32 (users, 1), minimum exact scores.
            excluded: pairs that are not candidates.

        Returns:
            Pieces of bounded size; all pairs of a user are in the same piece.
        """
        rounded = _Rounded.of(users, self._rounded.vectors.dtype)
        margin = self._margin(rounded)
        scores, best = self._scores(rounded.vectors, excluded)
        if self._k <= best.shape[1]:
            low = torch.maximum(low, self._lower_bound(best) - margin)
        cutoff = _cutoff(low - margin, scores.dtype)
        hits = best.numpy() >= cutoff.numpy()
        if scores.dtype is not torch.float32 and hits.mean() > 1 / 8:
            # After rounding too many items have nearly equal scores.
            yield from Screen(self._items, self._k, torch.float32).candidates(users, low, excluded)
            return
        for first, stop in _pieces(hits.sum(axis=1) * self._group):
            yield self._reaching(scores, cutoff, hits, first, stop)

    def _scores(self, users: Tensor, excluded: Pairs) -> tuple[Tensor, Tensor]:
        """Scores (tiles, users, width), padded with -inf; float32 group maxima (users, groups).

        The members of a group are not adjacent, so that maxima are computed over whole rows.
        """
        tiles = -(-len(self._items) // self._width)
        scores = torch.empty((tiles, len(users), self._width), dtype=users.dtype)
        best = torch.empty((len(users), tiles, self._groups))
        order = np.argsort(excluded.items, kind="stable")
        rows, columns = (torch.from_numpy(places[order]) for places in excluded)
        edges = np.searchsorted(excluded.items[order], np.arange(tiles + 1) * self._width)
        for number in range(tiles):
            first, part = number * self._width, scores[number]
            tile = self._rounded.vectors[first : first + self._width]
            torch.mm(users, tile.T, out=part[:, : len(tile)])
            part[:, len(tile) :] = -torch.inf
            within = slice(edges[number], edges[number + 1])
            part[rows[within], columns[within] - first] = -torch.inf
            best[:, number] = self._grouped(part).amax(dim=1)
        return scores, best.flatten(1)

    def _grouped(self, scores: Tensor) -> Tensor:
        """Scores (…, width) as (…, members, groups)."""
        return scores.view(*scores.shape[:-1], self._group, self._groups)

    def _reaching(
        self, scores: Tensor, cutoff: Tensor, hits: npt.NDArray[np.bool_], first: int, stop: int
    ) -> Pairs:
        """The pairs of the users from `first` to `stop` whose rounded scores reach the cutoff."""
        rows, groups = np.divmod(np.flatnonzero(hits[first:stop]), hits.shape[1])
        rows += first
        tiles, groups = np.divmod(groups, self._groups)
        at = tuple(map(torch.from_numpy, (tiles, rows, groups)))
        members = self._grouped(scores)[at[0], at[1], :, at[2]]
        found = np.flatnonzero((members >= cutoff[at[1]]).numpy())
        entry, member = np.divmod(found, self._group)
        items = tiles[entry] * self._width + member * self._groups + groups[entry]
        return Pairs(rows[entry], items)

    def _margin(self, users: "_Rounded") -> Tensor:
        """Bound of |exact score - score before its own rounding|, float32 (users, 1).

        It covers the rounding of the vectors and the order of summation, for the worst item.
        """
        number = torch.finfo(torch.float32)
        rounding = users.errors * self._norm + (users.norms + users.errors) * self._error
        summing = users.norms * self._norm * number.eps
        vanishing = (
            users.norms + self._norm + 1
        ) * number.tiny  # subnormal numbers are flushed to 0
        dim = users.vectors.shape[1]
        return (1.01 * rounding + 4 * dim * (summing + vanishing))[:, None]

    def _lower_bound(self, best: Tensor) -> Tensor:
        """Lower bound of the k-th best score before its own rounding, (users, 1)."""
        kth = best.topk(self._k, dim=1).values[:, -1:]
        return kth - kth.abs() * torch.finfo(self._rounded.vectors.dtype).eps / 2


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


def _cutoff(lowest: Tensor, dtype: torch.dtype) -> Tensor:
    """`lowest` rounded like the scores, which keeps their order; excluded pairs stay below."""
    return lowest.clamp(min=torch.finfo(dtype).min).to(dtype).float()


def _pieces(sizes: Places) -> Iterator[tuple[int, int]]:
    """Ranges of users with about `_PAIRS_AT_ONCE` pairs each."""
    piece = np.cumsum(sizes) // _PAIRS_AT_ONCE
    edges = [0, *(np.flatnonzero(np.diff(piece)) + 1).tolist(), len(sizes)]
    return pairwise(edges)
