"""Matrix factorisation, by `implicit`: ALS and BPR.

ALS: alternating least squares on implicit feedback (Hu, Koren and Volinsky 2008). BPR: Bayesian
personalised ranking (Rendle et al. 2009).
"""

from collections.abc import Sequence
from itertools import product
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from implicit.cpu.als import AlternatingLeastSquares
from implicit.cpu.bpr import BayesianPersonalizedRanking
from threadpoolctl import threadpool_limits

from ml.evaluation.ranking_models.baseline import Baseline, Parameters
from ml.evaluation.ranking_models.ranking_model import InteractionMatrix, Progress
from ml.retrieval.dense import ScoreFunction

_MAX_ENTRIES_ALS = 1_000_000
_MAX_ENTRIES_BPR = 200_000


class Als(Baseline):
    """Factors of a matrix of confidences."""

    default: ClassVar[Parameters] = {
        "factors": 64,
        "alpha": 10,
        "regularization": 10,
        "iterations": 15,
        "weights": "ones",
    }

    def is_cheap(self, training: InteractionMatrix) -> bool:
        """Whether its entries are few."""
        return bool(training.seen.nnz <= _MAX_ENTRIES_ALS)

    def grid(self, training: InteractionMatrix) -> Sequence[Parameters]:
        """Size, confidence and regularisation; with the counts where a pair occurs repeatedly."""
        weights = ("ones", "counts") if training.counts.sum() > training.seen.nnz else ("ones",)
        return [
            {**self.default, "factors": a, "alpha": b, "regularization": c, "weights": d}
            for a, b, c, d in product((64, 128), (4, 20), (10, 30), weights)
        ]

    def solve(
        self, training: InteractionMatrix, parameters: Parameters, seed: int, progress: Progress
    ) -> ScoreFunction:
        """Alternate."""
        options = dict(parameters)
        matrix = training.seen
        if options.pop("weights") == "counts":
            matrix = training.counts.copy()
            matrix.data = 1 + np.log2(matrix.data)
        # Each factor is solved for on its own, so threads change nothing but the time.
        with threadpool_limits(limits=1, user_api="blas"):
            model = AlternatingLeastSquares(**options, random_state=seed, dtype=np.float32)
            model.fit(
                matrix,
                show_progress=False,
                callback=lambda done, *_: progress((done + 1) / model.iterations),
            )
        return _factor_scores(model.user_factors, model.item_factors)


class Bpr(Baseline):
    """Factors and an item bias that rank seen items above unseen ones."""

    default: ClassVar[Parameters] = {
        "factors": 32,
        "learning_rate": 0.005,
        "regularization": 0.01,
        "iterations": 100,
    }

    def is_cheap(self, training: InteractionMatrix) -> bool:
        """Whether its entries are few."""
        return bool(training.seen.nnz <= _MAX_ENTRIES_BPR)

    def grid(self, training: InteractionMatrix) -> Sequence[Parameters]:
        """From small slow steps for dense data to large quick ones for sparse data."""
        del training
        return [
            self.default,
            {**self.default, "learning_rate": 0.02},
            {"factors": 128, "learning_rate": 0.1, "regularization": 0.02, "iterations": 200},
        ]

    def solve(
        self, training: InteractionMatrix, parameters: Parameters, seed: int, progress: Progress
    ) -> ScoreFunction:
        """Draw pairs of a seen and an unseen item and descend."""
        # Several threads would write over each other's steps in an order of their own.
        model = BayesianPersonalizedRanking(
            **parameters, num_threads=1, random_state=seed, dtype=np.float32
        )
        model.fit(
            training.seen,
            show_progress=False,
            callback=lambda done, *_: progress((done + 1) / model.iterations),
        )
        return _factor_scores(model.user_factors, model.item_factors)


def _factor_scores(users: npt.NDArray[np.float32], items: npt.NDArray[np.float32]) -> ScoreFunction:
    """Inner products of rows of `users`, float32 (users, factors), and `items`, (items, factors).

    A user who is not among them has zeros for a vector.
    """
    by_factor = np.ascontiguousarray(items.T)

    def scores(rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        return np.where(rows[:, None] < 0, np.float32(0), users[rows]) @ by_factor

    return scores
