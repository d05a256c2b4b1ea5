"""Ranking models that fail, each in the way that its name says."""

import os
import signal
from abc import ABC, abstractmethod

import numpy as np

from ml.evaluation.ranking_models.ranking_model import Fitted, InteractionMatrix, Progress
from streams.errors import ContractError


class _Failing(ABC):
    def fit(self, training: InteractionMatrix, seed: int, progress: Progress) -> Fitted:
        progress(0.5)
        self.fail(training)
        raise AssertionError

    @abstractmethod
    def fail(self, training: InteractionMatrix) -> None: ...


class Killed(_Failing):
    def fail(self, training: InteractionMatrix) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class Crashed(_Failing):
    def fail(self, training: InteractionMatrix) -> None:
        os.kill(os.getpid(), signal.SIGSEGV)


class Exited(_Failing):
    def fail(self, training: InteractionMatrix) -> None:
        os._exit(3)


class OutOfMemory(_Failing):
    def fail(self, training: InteractionMatrix) -> None:
        np.empty(1 << 60, dtype=np.int8)


class Refused(_Failing):
    def fail(self, training: InteractionMatrix) -> None:
        raise ContractError("it will not do")


class Wrong(_Failing):
    def fail(self, training: InteractionMatrix) -> None:
        getattr(training.items, "no_such_thing")  # noqa: B009 - mypy knows that there is none
