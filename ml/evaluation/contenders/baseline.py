"""What the classics share: scores for every item, and hyper-parameters chosen where it is cheap."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ml.dataset import Dataset
from ml.evaluation.contenders.contender import Fitted, Progress
from ml.evaluation.contenders.training import Training
from ml.evaluation.held_out import HeldOut
from ml.evaluation.metrics import ndcg_at_k
from ml.evaluation.validation import split_by_time
from ml.retrieval.dense import ScoreFunction, rank

Parameters = Mapping[str, Any]

_K = 20
_HIDDEN_SHARE = 0.1
_MOST_USERS = 5_000


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
        earlier, hidden = _split(self._training.dataset, seed)
        if not hidden:
            return []
        training = Training(earlier)
        test = HeldOut.of(hidden, training.items)
        rows, seen = training.rows(test.user_ids), training.seen_by(test.user_ids)
        scores = []
        for number, parameters in enumerate(tried):
            solved = self.solve(training, parameters, seed, step(number))
            scores.append(ndcg_at_k(rank(solved, rows, seen, _K), test.matrix, _K))
        return scores


def _split(dataset: Dataset, seed: int) -> tuple[Dataset, dict[str, set[str]]]:
    """A split of the training data like the one that it is a part of may have been.

    The last choice of each user where instants are known, else a tenth of all pairs at random.
    """
    log = dataset.interactions
    rng = np.random.default_rng(seed)
    if log["timestamp"].notna().any():
        earlier, hidden = split_by_time(dataset, seed=seed)
    else:
        pairs = log.groupby(["user_id", "item_id"], sort=False).ngroup().to_numpy()
        away = (rng.random(pairs.max() + 1) < _HIDDEN_SHARE)[pairs]
        earlier = Dataset(log[~away].reset_index(drop=True), dataset.users, dataset.items)
        grouped = log[away].groupby("user_id", sort=True)["item_id"].agg(set)
        hidden = {str(user): items for user, items in grouped.items()}
    known = set(earlier.interactions["user_id"])
    asked = sorted(user for user in hidden if user in known)
    asked = [asked[place] for place in rng.permutation(len(asked))[:_MOST_USERS]]
    return earlier, {user: hidden[user] for user in asked}
