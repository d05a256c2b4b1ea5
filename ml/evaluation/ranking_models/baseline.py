"""What the baselines share: scores for every item, and hyper-parameters chosen where it is cheap.

Popularity, the simplest of them, has nothing to choose.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ml.evaluation.metrics import NDCG, hits_at_k
from ml.evaluation.protocol import HeldOut, K
from ml.evaluation.ranking_models.ranking_model import Fitted, InteractionMatrix, Progress
from ml.evaluation.splits import sample_users, validation_split
from ml.retrieval.dense import ScoreFunction, rank

Parameters = Mapping[str, Any]

_MAX_USERS = 5_000
"""Users on whom hyper-parameters are tried."""


class Baseline(ABC):
    """A ranking model that scores all items for a user of the interaction matrix."""

    default: ClassVar[Parameters]
    """Hyper-parameters that are good on most data."""

    @abstractmethod
    def is_cheap(self, training: InteractionMatrix) -> bool:
        """Whether `solve` is quick enough on it to be called for each point of the grid."""

    def grid(self, training: InteractionMatrix) -> Sequence[Parameters]:
        """Hyper-parameters to choose from where that is cheap."""
        del training
        return ()

    @abstractmethod
    def solve(
        self, training: InteractionMatrix, parameters: Parameters, seed: int, progress: Progress
    ) -> ScoreFunction:
        """Learn with given hyper-parameters.

        Returns:
            Scores of all items for rows of the matrix; row -1 is a user who is not in it and gets
            zeros, which rank the most popular items first.

        Raises:
            MemoryError: if that takes more memory than there is.
        """

    def fit(self, training: InteractionMatrix, seed: int, progress: Progress) -> Fitted:
        """Learn with hyper-parameters chosen on a validation split; see `RankingModel`."""
        self._training = training
        grid = self.grid(training) if self.is_cheap(training) else ()
        steps = len(grid) + 1

        def step(number: int) -> Progress:
            return lambda share: progress((number + share) / steps)

        start = time.perf_counter()
        scores = self._try(grid, seed, step) if grid else []
        choosing = time.perf_counter() - start
        chosen = grid[int(np.argmax(scores))] if scores else self.default
        self._scores = self.solve(training, chosen, seed, step(len(grid)))
        progress(1.0)
        if not scores:
            return Fitted({**chosen, "chosen": "default"} if chosen else {})
        how = f"best of {len(grid)} by NDCG@{K} on a part of the training data"
        return Fitted({**chosen, "chosen": how, "choosing_seconds": round(choosing, 2)}, choosing)

    def rank(self, user_ids: Sequence[str], k: int) -> npt.NDArray[np.int64]:
        """The best `k` columns of each user; see `RankingModel`."""
        training = self._training
        return rank(self._scores, training.rows(user_ids), training.seen_by(user_ids), k)

    def _try(
        self, grid: Sequence[Parameters], seed: int, step: Callable[[int], Progress]
    ) -> list[float]:
        """NDCG of each point of the grid; empty where nothing can be held out."""
        earlier, held_out = validation_split(self._training.dataset, seed=seed)
        if not held_out:
            return []
        training = InteractionMatrix(earlier)
        test = HeldOut.of(sample_users(held_out, seed=seed, max_users=_MAX_USERS), training.items)
        rows, seen = training.rows(test.user_ids), training.seen_by(test.user_ids)
        scores = []
        for number, parameters in enumerate(grid):
            solved = self.solve(training, parameters, seed, step(number))
            scores.append(NDCG.mean(hits_at_k(rank(solved, rows, seen, K), test.matrix, K)))
        return scores


class Popularity(Baseline):
    """The number of distinct users who have seen an item; of equals the lower id."""

    default: ClassVar[Parameters] = {}

    def is_cheap(self, training: InteractionMatrix) -> bool:
        """Always."""
        del training
        return True

    def solve(
        self, training: InteractionMatrix, parameters: Parameters, seed: int, progress: Progress
    ) -> ScoreFunction:
        """There is nothing to learn: the columns are in this order already."""
        del parameters, seed, progress
        items = len(training.items)

        def scores(rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
            return np.zeros((len(rows), items), dtype=np.float32)

        return scores
