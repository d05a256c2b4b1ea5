"""Scores as inner products of two learned matrices."""

import numpy as np
import numpy.typing as npt

from ml.retrieval.dense import ScoreFunction


def factor_scores(users: npt.NDArray[np.float32], items: npt.NDArray[np.float32]) -> ScoreFunction:
    """Scores of the rows of `users`, float32 (users, factors), for all `items`, (items, factors).

    A user who is not among them has zeros for a vector.
    """
    by_factor = np.ascontiguousarray(items.T)

    def scores(rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        return np.where(rows[:, None] < 0, np.float32(0), users[rows]) @ by_factor

    return scores
