"""The best items of many users, from whatever scores them."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import scipy.sparse

Scores = Callable[[npt.NDArray[np.int64]], npt.NDArray[np.float32]]
"""Takes rows of the training matrix, -1 for a user who is not in it, and gives a new array of
scores, float32 (rows, items). Who is not in it gets zeros: the most popular items."""

_SCORES_AT_ONCE = 1 << 23
"""Scores held at one time, 32 MiB of float32."""


def rank(
    scores: Scores, rows: npt.NDArray[np.int64], seen: scipy.sparse.csr_array, k: int
) -> npt.NDArray[np.int64]:
    """The columns of the `k` highest scores of each user, best first, int64 (users, k).

    Of equal scores the lower column comes first. Where fewer than `k` remain, the rest is -1.

    Args:
        scores: what is asked, block by block.
        rows: of the users asked about.
        seen: (users, items); each stored entry removes that item from that user's list.
        k: length of the lists, at least 1.
    """
    users, items = seen.shape
    ranked = np.full((users, k), -1, dtype=np.int64)
    edges = [*range(0, users, max(1, _SCORES_AT_ONCE // items)), users]
    for start, stop in pairwise(edges):
        block = scores(rows[start:stop])
        for user, row in enumerate(block, start):
            row[seen.indices[seen.indptr[user] : seen.indptr[user + 1]]] = -np.inf
            best = _best(row, min(k, items))
            ranked[user, : len(best)] = best
    return ranked


def _best(row: npt.NDArray[np.float32], k: int) -> npt.NDArray[np.int64]:
    threshold = np.partition(row, len(row) - k)[len(row) - k]
    # All that are no worse than the last: ties over the edge are decided by the column.
    candidates = np.flatnonzero((row >= threshold) & (row > -np.inf))
    order = np.lexsort((candidates, -row[candidates]))[:k]
    return candidates[order]
