"""Contenders that end badly, each in the way that its name says."""

import os
import signal
from abc import ABC, abstractmethod

import numpy as np

from ml.evaluation.contenders.contender import Fitted, Progress
from ml.evaluation.contenders.training import Training
from streams.errors import ContractError


class _Doomed(ABC):
    def fit(self, training: Training, seed: int, progress: Progress) -> Fitted:
        progress(0.5)
        self.end(training)
        raise AssertionError

    @abstractmethod
    def end(self, training: Training) -> None: ...


class Killed(_Doomed):
    def end(self, training: Training) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class Crashed(_Doomed):
    def end(self, training: Training) -> None:
        os.kill(os.getpid(), signal.SIGSEGV)


class Exited(_Doomed):
    def end(self, training: Training) -> None:
        os._exit(3)


class OutOfMemory(_Doomed):
    def end(self, training: Training) -> None:
        np.empty(1 << 60, dtype=np.int8)


class Refused(_Doomed):
    def end(self, training: Training) -> None:
        raise ContractError("it will not do")


class Wrong(_Doomed):
    def end(self, training: Training) -> None:
        training.items.no_such_thing  # noqa: B018
