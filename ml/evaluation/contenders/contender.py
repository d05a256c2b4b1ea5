"""What a model is to the comparison."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from ml.evaluation.contenders.training import Training

Progress = Callable[[float], None]
"""Told which share of the training is done, 0 to 1."""


class Fitted(NamedTuple):
    """What a contender says of its training."""

    parameters: Mapping[str, Any]
    """The hyper-parameters that were used, as JSON can hold them."""
    choosing_seconds: float = 0.0
    """Of the time that it took, the part in which they were chosen."""


class Contender(Protocol):
    """A model that can be trained and asked for lists."""

    def fit(self, training: Training, seed: int, progress: Progress) -> Fitted:
        """Learn; called once.

        Args:
            training: all there is to learn from.
            seed: the same one on the same machine gives the same lists.
            progress: told how it goes.
        """
        ...

    def rank(self, user_ids: Sequence[str], k: int) -> npt.NDArray[np.int64]:
        """The best `k` items of each user as columns of `training.items`, int64 (users, k).

        What a user has met in training is left out; -1 stands where no item remains. A user who is
        not in training gets a list too.
        """
        ...
