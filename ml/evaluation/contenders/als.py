"""Alternating least squares on implicit feedback (Hu, Koren and Volinsky 2008), by `implicit`."""

from collections.abc import Sequence
from itertools import product
from typing import ClassVar

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from ml.evaluation.contenders.baseline import Baseline, Parameters
from ml.evaluation.contenders.contender import Progress
from ml.evaluation.contenders.factors import factor_scores
from ml.evaluation.contenders.training import Training
from ml.retrieval.dense import ScoreFunction

_FEW_ENTRIES = 1_000_000


class Als(Baseline):
    """Factors of a matrix of confidences."""

    default: ClassVar[Parameters] = {
        "factors": 64,
        "alpha": 10,
        "regularization": 10,
        "iterations": 15,
        "weights": "ones",
    }

    def is_cheap(self, training: Training) -> bool:
        """Whether its entries are few."""
        return bool(training.met.nnz <= _FEW_ENTRIES)

    def candidates(self, training: Training) -> Sequence[Parameters]:
        """Size, confidence and regularisation; with the counts where a pair occurs repeatedly."""
        weights = ("ones", "counts") if training.counts.sum() > training.met.nnz else ("ones",)
        return [
            {**self.default, "factors": a, "alpha": b, "regularization": c, "weights": d}
            for a, b, c, d in product((64, 128), (4, 20), (10, 30), weights)
        ]

    def solve(
        self, training: Training, parameters: Parameters, seed: int, progress: Progress
    ) -> ScoreFunction:
        """Alternate."""
        options = dict(parameters)
        matrix = training.met
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
        return factor_scores(model.user_factors, model.item_factors)
