"""Ranking of dense scores, for models that score all items, and the items already seen.

`ml.retrieval.exact` is for scores that are inner products: it does not hold them all. Both break
ties alike: of equal scores the lower column comes first. This module does not import torch, so that
the baselines' memory is their own.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:
    import scipy.sparse

ScoreFunction = Callable[[npt.NDArray[np.int64]], npt.NDArray[np.float32]]
"""Takes rows of users, int64 (rows,), and returns a new array of scores, float32 (rows, items)."""

_SCORES_AT_ONCE = 1 << 23
"""Scores held at one time, 32 MiB of float32."""


def seen_matrix(
    interactions: pd.DataFrame, user_ids: Sequence[str], item_ids: Sequence[str] | pd.Index
) -> "scipy.sparse.csr_array":
    """True where a user interacted with an item: bool (len(user_ids), len(item_ids)).

    Args:
        interactions: any table with `user_id` and `item_id`; other users and items are ignored.
        user_ids: the user of each row, without repetition.
        item_ids: the item of each column, without repetition; an index keeps what it prepares for
            look-ups.
    """
    import scipy.sparse  # the processor's image has none, and `recsys` imports this module

    rows = pd.Index(user_ids).get_indexer(pd.Index(interactions["user_id"]))
    index = item_ids if isinstance(item_ids, pd.Index) else pd.Index(item_ids)
    columns = index.get_indexer(pd.Index(interactions["item_id"]))
    known = (rows >= 0) & (columns >= 0)
    shape = (len(user_ids), len(item_ids))
    entries = (np.ones(int(known.sum()), dtype=bool), (rows[known], columns[known]))
    seen = scipy.sparse.csr_array(entries, shape=shape, dtype=bool)
    seen.sum_duplicates()
    return seen


def rank(
    scores: ScoreFunction, rows: npt.NDArray[np.int64], seen: "scipy.sparse.csr_array", k: int
) -> npt.NDArray[np.int64]:
    """The columns of the `k` highest scores of each user, best first, int64 (users, k).

    Where fewer than `k` items remain, the rest of the row is -1.

    Args:
        scores: called with blocks of `rows`.
        rows: one per user.
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
            best = best_columns(row, k)
            ranked[user, : len(best)] = best
    return ranked


def best_columns(row: npt.NDArray[np.floating], k: int) -> npt.NDArray[np.int64]:
    """The columns of the `k` highest scores of one user, best first; never one of -inf.

    Args:
        row: scores, float (items,).
        k: at least 1; may exceed the number of items.
    """
    k = min(k, len(row))
    threshold = np.partition(row, len(row) - k)[len(row) - k]
    # All that are no worse than the last: ties at the edge are decided by the column.
    candidates = np.flatnonzero((row >= threshold) & (row > -np.inf))
    order = np.lexsort((candidates, -row[candidates]))[:k]
    return candidates[order]
