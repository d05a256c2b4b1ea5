"""Maximum inner product search for one query at a time: all items in int4, the best in float32.

One core multiplies 50,000 vectors of 256 int4 in a quarter of a millisecond. So no item is ever
skipped, whatever a filter leaves, which graphs and cells cannot promise. Memory bounds a scan: int8
is twice as much of it, and takes up to three times as long beside other programs.
"""

from collections.abc import Iterable
from typing import Final

import numkong
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
Vectors = npt.NDArray[np.float32 | np.float16]
Places = npt.NDArray[np.int64]
Codes = npt.NDArray[np.uint8]

_TYPE: Final = "int4"
_MAX_CODE = 7
_SHARES = (1.0, 0.85, 0.7, 0.5)
"""Of the largest component of a vector, what the largest code may stand for."""
_SHARES_OF_QUERY = (1.0, 0.85)
"""Each takes a thirtieth of a search."""
_WIDTH = 128
"""The kernels are fastest on multiples of a cache line, which has so many codes."""
_ITEMS_AT_ONCE = 8192
_MIN_RESCORED = 300
_RESCORED = 3
"""Times k; rounding moves few items over so long a distance."""
_FEW = 1000
"""For so few items rescoring all of them is faster than a scan."""
_GROUP = 16
"""Items of which the best one is compared first."""


class QuantizedVectors:
    """Item vectors whose last component, the bias, is not rounded. Threads may share one."""

    def __init__(self, vectors: Vectors) -> None:
        """Round a copy of the vectors.

        Args:
            vectors: float32 or float16 (items, dim), kept as they are: they may be memory-mapped.
        """
        self.vectors = vectors
        items, dim = vectors.shape
        self._width = -(-(dim - 1) // _WIDTH) * _WIDTH
        codes = np.empty((items, self._width // 2), dtype=np.uint8)
        self._steps = np.empty(items, dtype=np.float32)
        for first in range(0, items, _ITEMS_AT_ONCE):
            part = slice(first, first + _ITEMS_AT_ONCE)
            codes[part], self._steps[part] = _rounded(vectors[part, :-1], self._width, _SHARES)
        self._bias = vectors[:, -1].copy()
        self._packed = numkong.dots_pack(_tensor(codes), dtype=_TYPE)

    def search(
        self, query: Array, k: int, allowed: npt.NDArray[np.bool_] | None = None
    ) -> tuple[Places, Array]:
        """The `k` allowed items of the highest inner product; of equal ones the lower place first.

        Args:
            query: float32 (dim,).
            k: items at most.
            allowed: bool (items,), which items a filter leaves; None: all.

        Returns:
            Their places, int64 (n,), and scores, float32 (n,), best first; n is less than `k` only
            if no more are allowed.
        """
        (found,) = self.search_each(query[None], k, allowed)
        return found

    def search_each(
        self, queries: Array, k: int, allowed: npt.NDArray[np.bool_] | None = None
    ) -> list[tuple[Places, Array]]:
        """As `search`, for several queries, float32 (queries, dim), in one pass over the items.

        A pass takes as long as reading the codes from memory, for up to three queries.
        """
        items = len(self.vectors)
        left = items if allowed is None else int(np.count_nonzero(allowed))
        rescored = max(_MIN_RESCORED, _RESCORED * k)
        if left <= max(_FEW, rescored):
            places = np.arange(items) if allowed is None else np.flatnonzero(allowed)
            return [best(places, self.vectors[places] @ query, k) for query in queries]
        # The items that are left alone: many equal scores would slow the partition.
        chosen = np.flatnonzero(allowed) if allowed is not None and 2 * left < items else None
        out = np.flatnonzero(~allowed) if allowed is not None and chosen is None else None
        found = []
        for query, scores in zip(queries, self._rounded_scores(queries), strict=True):
            if out is not None:
                scores[out] = -np.inf
            if chosen is None:
                places = _largest(scores, rescored)
            else:
                places = chosen[_largest(scores[chosen], rescored)]
            found.append(best(places, self.vectors[places] @ query, k))
        return found

    def _rounded_scores(self, queries: Array) -> Array:
        """Float32 (queries, items)."""
        codes, steps = _rounded(queries[:, :-1], self._width, _SHARES_OF_QUERY)
        products = numkong.dots_packed(_tensor(codes), self._packed)
        scores: Array = np.asarray(products).astype(np.float32)
        scores *= self._steps
        scores *= steps[:, None]
        scores += self._bias * queries[:, -1:]
        return scores


def _largest(scores: Array, number: int) -> Places:
    """The places of the `number` highest scores and of those that equal the last, ascending.

    The highest maxima of as many groups are a lower bound of them, which leaves few to sort.
    """
    rows = len(scores) // _GROUP * _GROUP
    maxima = scores[:rows].reshape(_GROUP, -1).max(axis=0)
    if len(maxima) > number:
        places = np.flatnonzero(scores >= np.partition(maxima, -number)[-number])
    else:
        places = np.arange(len(scores))
    near = scores[places]
    kept: Places = places[near >= np.partition(near, -number)[-number]]
    return kept


def best(places: Places, scores: Array, k: int) -> tuple[Places, Array]:
    """The `k` places of the highest scores, best first; of equal ones the lower place first."""
    order = np.lexsort((places, -scores))[:k]
    return places[order], scores[order]


def _rounded(vectors: Vectors, width: int, shares: Iterable[float]) -> tuple[Codes, Array]:
    """Codes, two in a byte, uint8 (n, width / 2), and what a code of 1 stands for, float32 (n,).

    The largest components of a vector are cut off where that brings the whole nearer to it.
    """
    count, dim = vectors.shape
    largest = np.abs(vectors).max(axis=1, initial=0)[:, None] / np.float32(_MAX_CODE)
    codes = np.zeros((count, width), dtype=np.int8)
    steps, nearness = np.zeros((2, count), dtype=np.float32)
    for share in shares:
        unit = np.maximum(largest * np.float32(share), np.finfo(np.float32).tiny)
        rounded = np.clip(np.rint(vectors / unit), -_MAX_CODE, _MAX_CODE)
        along = np.einsum("ij,ij->i", vectors, rounded)
        squares = np.maximum(np.einsum("ij,ij->i", rounded, rounded), 1)
        # The step that leaves the least error, which is the smaller the longer this is.
        better = along**2 / squares > nearness
        codes[better, :dim] = rounded[better]
        steps[better] = (along / squares)[better]
        nearness[better] = (along**2 / squares)[better]
    low, high = codes[:, 0::2] & 15, codes[:, 1::2] & 15
    return (low | high << 4).view(np.uint8), steps


def _tensor(codes: Codes) -> numkong.Tensor:
    """The same memory as numkong sees it, which counts bytes and not codes."""
    return numkong.from_pointer(codes.ctypes.data, codes.shape, _TYPE, owner=codes)
