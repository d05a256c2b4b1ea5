"""What the classics share: scores for every item, and hyper-parameters chosen where it is cheap."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ml.evaluation.contenders.contender import Fitted, Progress
from ml.evaluation.contenders.training import Training
from ml.evaluation.held_out import HeldOut
from ml.evaluation.metrics import ndcg_at_k
from ml.evaluation.splits import sample_users, validation_split
from ml.retrieval.dense import ScoreFunction, rank

Parameters = Mapping[str, Any]

_K = 20
_MAX_USERS = 5_000
"""Users on whom hyper-parameters are tried."""


class Baseline(ABC):
    """A model that scores all items for a user of the training matrix."""

    default: ClassVar[Parameters]
    """Hyper-parameters that do on most data."""

    @abstractmethod
    def is_cheap(self, training: Training) -> bool:
        """Whether `solve` is so quick on it that it may be called for each of the candidates."""

    def candidates(self, training: Training) -> Sequence[Parameters]:
        """Hyper-parameters to choose from where that is cheap."""
        del training
        return ()

    @abstractmethod
    def solve(
        self, training: Training, parameters: Parameters, seed: int, progress: Progress
    ) -> ScoreFunction:
        """Learn with given hyper-parameters.

        Returns:
            Scores of all items for rows of the training matrix; row -1 is a user who is not in
            it and gets zeros, which rank the most popular items first.

        Raises:
            MemoryError: if that takes more memory than there is.
        """

    def fit(self, training: Training, seed: int, progress: Progress) -> Fitted:
        """Learn, with hyper-parameters chosen on a part of the training data; see `Contender`."""
        self._training = training
        tried = self.candidates(training) if self.is_cheap(training) else ()
        steps = len(tried) + 1

        def step(number: int) -> Progress:
            return lambda share: progress((number + share) / steps)

        start = time.perf_counter()
        scores = self._try(tried, seed, step) if tried else []
        choosing = time.perf_counter() - start
        chosen = tried[int(np.argmax(scores))] if scores else self.default
        self._scores = self.solve(training, chosen, seed, step(len(tried)))
        progress(1.0)
        if not scores:
            return Fitted({**chosen, "chosen": "default"} if chosen else {})
        how = f"best of {len(tried)} by NDCG@{_K} on a part of the training data"
        return Fitted({**chosen, "chosen": how, "choosing_seconds": round(choosing, 2)}, choosing)

    def rank(self, user_ids: Sequence[str], k: int) -> npt.NDArray[np.int64]:
        """The best `k` columns of each user; see `Contender`."""
        training = self._training
        return rank(self._scores, training.rows(user_ids), training.seen_by(user_ids), k)

    def _try(
        self, tried: Sequence[Parameters], seed: int, step: Callable[[int], Progress]
    ) -> list[float]:
        """NDCG of each; none at all where nothing can be held out."""
        earlier, held_out = validation_split(self._training.dataset, seed=seed)
        if not held_out:
            return []
        training = Training(earlier)
        test = HeldOut.of(sample_users(held_out, _MAX_USERS, seed=seed), training.items)
        rows, seen = training.rows(test.user_ids), training.seen_by(test.user_ids)
        scores = []
        for number, parameters in enumerate(tried):
            solved = self.solve(training, parameters, seed, step(number))
            scores.append(ndcg_at_k(rank(solved, rows, seen, _K), test.matrix, _K))
        return scores
