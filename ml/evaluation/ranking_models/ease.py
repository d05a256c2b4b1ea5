"""EASE (Steck 2019, "Embarrassingly Shallow Autoencoders for Sparse Data").

With X the matrix of ones (users, items) and P the inverse of X'X + lambda I, the weights are
B_ij = -P_ij / P_jj with a diagonal of zero, and the scores XB. For an item that the user has not
seen these are -(XP)_j / P_jj, so P alone is kept, in the place of X'X.

Where there are fewer users than items, the identity XP = KX with K the inverse of XX' + lambda I
gives the same scores from the smaller matrix.
"""

from collections.abc import Callable, Sequence
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import psutil
import scipy.sparse
import torch

from ml.evaluation.ranking_models.baseline import Baseline, Parameters
from ml.evaluation.ranking_models.ranking_model import InteractionMatrix, Progress
from ml.retrieval.dense import ScoreFunction
from streams.errors import ModelError

Matrix = npt.NDArray[np.float32]

_MAX_SHORT_SIDE = 6_000
"""Up to so many rows the inverse of a matrix takes seconds."""
_BLOCK = 1_024
_MATRICES = 2
"""In memory at once: the matrix and its factor, then the factor and the inverse."""


class Ease(Baseline):
    """One matrix of item-to-item weights in closed form."""

    default: ClassVar[Parameters] = {"lambda": 300}

    def is_cheap(self, training: InteractionMatrix) -> bool:
        """Whether a side of the matrix is short."""
        return bool(min(training.seen.shape) <= _MAX_SHORT_SIDE)

    def grid(self, training: InteractionMatrix) -> Sequence[Parameters]:
        """Lambdas, each double the one before."""
        del training
        return [{"lambda": value} for value in (25, 50, 100, 200, 400, 800, 1600)]

    def solve(
        self, training: InteractionMatrix, parameters: Parameters, seed: int, progress: Progress
    ) -> ScoreFunction:
        """Invert the smaller of the two matrices."""
        del seed
        seen = training.seen
        users, items = seen.shape
        by_user = users < items
        side = seen if by_user else seen.T.tocsr()
        inverse = regularised_inverse(side, parameters["lambda"], progress)
        if by_user:
            diagonal = diagonal_by_user(inverse, seen, parameters["lambda"])
            return _scores(lambda rows: (seen.T @ inverse[rows].T).T, -diagonal)
        return _scores(lambda rows: seen[rows] @ inverse, -inverse.diagonal())


def _scores(product: Callable[[npt.NDArray[np.int64]], Matrix], divisor: Matrix) -> ScoreFunction:
    def scores(rows: npt.NDArray[np.int64]) -> Matrix:
        # In row-major order, as the ranking reads it.
        found = np.divide(product(rows), divisor, order="C")
        found[rows < 0] = 0
        return found

    return scores


def regularised_inverse(side: scipy.sparse.csr_matrix, ridge: float, progress: Progress) -> Matrix:
    """The inverse of side side' + ridge I, float32 (n, n), in the memory of two such matrices.

    By torch's LAPACK: scipy's, of OpenBLAS, ends the process at 30,000 rows.
    """
    n = side.shape[0]
    needed, free = _MATRICES * 4 * n * n, psutil.virtual_memory().available
    if needed * 1.1 > free:
        raise MemoryError(
            f"EASE needs {_MATRICES} matrices of {n:,} x {n:,}, {needed / 1e9:.1f} GB,"
            f" but {free / 1e9:.1f} GB are free"
        )
    gram = np.empty((n, n), dtype=np.float32)
    other = side.T.tocsr()
    for start in range(0, n, _BLOCK):
        gram[start : start + _BLOCK] = (side[start : start + _BLOCK] @ other).toarray()
        progress(0.2 * start / n)
    gram[np.diag_indices(n)] += ridge
    factor, failed = torch.linalg.cholesky_ex(torch.from_numpy(gram))
    if failed:
        raise ModelError(f"EASE cannot be solved with lambda {ridge}: it is too small")
    del gram
    progress(0.5)
    inverse: Matrix = torch.cholesky_inverse(factor).numpy()
    progress(0.95)
    return inverse


def diagonal_by_user(inverse: Matrix, seen: scipy.sparse.csr_matrix, ridge: float) -> Matrix:
    """The diagonal of P = (I - X'KX) / lambda, float32 (items,)."""
    by_item = seen.T.tocsr()
    items = by_item.shape[0]
    diagonal = np.empty(items, dtype=np.float32)
    for start in range(0, items, _BLOCK):
        block = by_item[start : start + _BLOCK]
        diagonal[start : start + _BLOCK] = block.multiply(block @ inverse).sum(axis=1).A1
    return (np.float32(1) - diagonal) / np.float32(ridge)
