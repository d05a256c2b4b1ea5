"""Item-to-item weights: what an item of a user's history adds to the score of each other item.

EASE and item-kNN have this form. Each row keeps its strongest weights alone: a dense matrix would
take 4 bytes per pair of items.
"""

from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import scipy.sparse

from ml.retrieval.dense import best_columns

ItemWeights: TypeAlias = scipy.sparse.csr_array
"""float32 (items, items): rows are items of a history, columns the items that they add to."""

_MAX_NEIGHBOURS = 400
"""As good as all 3,043 on MovieLens-1M; 100 cost the blend .0007 of NDCG@20 there."""
_MIN_NEIGHBOURS = 100
_ENTRIES = 4_000_000
"""Of a matrix in all, 32 MB, unless each row then had fewer than the least."""


def neighbours_kept(items: int) -> int:
    """How many weights a row keeps in a catalogue of `items`."""
    return min(items, _MAX_NEIGHBOURS, max(_MIN_NEIGHBOURS, _ENTRIES // max(items, 1)))


def strongest(rows: Iterable[npt.NDArray[np.float32]], neighbours: int) -> ItemWeights:
    """The `neighbours` weights of the largest magnitude in each row.

    Args:
        rows: blocks of the rows of a square matrix, float32 (any number, items), from the first.
        neighbours: at least 1.
    """
    kept: list[scipy.sparse.csr_array] = []
    for block in rows:
        magnitudes = np.abs(block)
        place = max(0, block.shape[1] - neighbours)
        threshold = np.partition(magnitudes, place, axis=1)[:, place, None]
        entries = np.nonzero((magnitudes >= threshold) & (magnitudes > 0))
        kept.append(scipy.sparse.csr_array((block[entries], entries), shape=block.shape))
    return scipy.sparse.vstack(kept, format="csr", dtype=np.float32)


def best_unseen(
    scores: scipy.sparse.csr_array, seen: scipy.sparse.csr_array, k: int
) -> npt.NDArray[np.int64]:
    """The columns of the `k` highest scores of each user, int64 (users, k); -1 where none is left.

    Args:
        scores: float32 (users, items); items without an entry are not proposed.
        seen: (users, items); each stored entry removes that item from that user's.
        k: at least 1.
    """
    excluded = seen.astype(np.float32)
    excluded.data[:] = -np.inf
    remaining = scipy.sparse.csr_array(scores + excluded)
    remaining.sort_indices()
    found = np.full((scores.shape[0], k), -1, dtype=np.int64)
    for user, (start, stop) in enumerate(
        zip(remaining.indptr[:-1], remaining.indptr[1:], strict=True)
    ):
        if start < stop:
            best = best_columns(remaining.data[start:stop], k)
            found[user, : len(best)] = remaining.indices[start:stop][best]
    return found
