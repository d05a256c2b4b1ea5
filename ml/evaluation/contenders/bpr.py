"""Matrix factorisation by Bayesian personalised ranking (Rendle et al. 2009), by `implicit`."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from implicit.cpu.bpr import BayesianPersonalizedRanking

from ml.evaluation.contenders.baseline import Baseline, Parameters
from ml.evaluation.contenders.contender import Progress
from ml.evaluation.contenders.factors import factor_scores
from ml.evaluation.contenders.training import Training
from ml.retrieval.dense import ScoreFunction

_FEW_ENTRIES = 200_000


class Bpr(Baseline):
    """Factors and an item bias that rank what was met above what was not."""

    default: ClassVar[Parameters] = {
        "factors": 32,
        "learning_rate": 0.005,
        "regularization": 0.01,
        "iterations": 100,
    }

    def is_cheap(self, training: Training) -> bool:
        """Whether its entries are few."""
        return bool(training.met.nnz <= _FEW_ENTRIES)

    def candidates(self, training: Training) -> Sequence[Parameters]:
        """Small slow steps for dense data to large quick ones for sparse data."""
        del training
        return [
            self.default,
            {**self.default, "learning_rate": 0.02},
            {"factors": 128, "learning_rate": 0.1, "regularization": 0.02, "iterations": 200},
        ]

    def solve(
        self, training: Training, parameters: Parameters, seed: int, progress: Progress
    ) -> ScoreFunction:
        """Draw and descend."""
        # Several threads would write over each other's steps in an order of their own.
        model = BayesianPersonalizedRanking(
            **parameters, num_threads=1, random_state=seed, dtype=np.float32
        )
        model.fit(
            training.met,
            show_progress=False,
            callback=lambda done, *_: progress((done + 1) / model.iterations),
        )
        return factor_scores(model.user_factors, model.item_factors)
