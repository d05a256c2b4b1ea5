"""One thread that runs a model on whatever requests have queued up, a batch at once."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt
import structlog

from apps.encoder import metrics
from streams.errors import UnavailableError

log = structlog.get_logger()

_MAX_CALL_SECONDS = 60.0
_SECONDS_BETWEEN_LOADS = 5.0
_STOP_SECONDS = 10.0

Input = TypeVar("Input", bound=str | bytes)
Vector = npt.NDArray[np.float32]
Model = Callable[[Sequence[Input]], npt.NDArray[np.float32]]
"""Encodes inputs as float32 (n, d), or (n, k, d) where each has several vectors."""


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting(Generic[Input]):
    content: Input
    deadline: float
    vector: "Future[Vector]" = field(default_factory=Future)


class Batcher(Generic[Input]):
    """A model behind a bounded queue. Threads may share one.

    A batch is what has queued up while the last one was calculated: no request waits for others to
    come.

    Args:
        name: of the model, in logs and metrics.
        load: loads the model; called again after a failure.
        preload: whether to load it at the start; else the first request has it loaded.
        batch_size: inputs of one call of the model at most.
        capacity: inputs that may wait at most.
    """

    def __init__(
        self,
        name: str,
        load: Callable[[], Model[Input]],
        *,
        preload: bool,
        batch_size: int,
        capacity: int,
    ) -> None:
        self._name = name
        self._load = load
        self._batch_size = batch_size
        self._capacity = capacity
        self._queue: deque[_Waiting[Input]] = deque()
        self._changed = threading.Condition()
        self._is_wanted = preload
        self._is_loaded = False
        self._is_stopped = False
        self._called_at: float | None = None
        self._thread = threading.Thread(target=self._run, name=f"model {name}", daemon=True)
        metrics.QUEUE_DEPTH.labels(name).set_function(lambda: len(self._queue))

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the present batch; what waits fails."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify()
        self._thread.join(_STOP_SECONDS)

    @property
    def is_loaded(self) -> bool:
        """Whether the model is in memory."""
        return self._is_loaded

    @property
    def is_ready(self) -> bool:
        """Whether the model is in memory, or need not be until somebody asks."""
        return self._is_loaded or not self._is_wanted

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs and its present batch takes no longer than it may."""
        called_at = self._called_at
        is_stuck = called_at is not None and time.monotonic() - called_at > _MAX_CALL_SECONDS
        return self._thread.is_alive() and not is_stuck

    def encode(self, contents: Sequence[Input], deadline: float) -> list[Vector]:
        """The vector of each input, float32 (d,), or its several vectors, (k, d).

        Args:
            contents: at least one.
            deadline: an instant of `time.monotonic`. What still waits then is not calculated.

        Raises:
            UnavailableError: the queue is full, the model is not loaded, the deadline has passed,
                or the model failed.
        """
        waiting = [_Waiting(content, deadline) for content in contents]
        with self._changed:
            self._is_wanted = True
            is_loaded = self._is_loaded
            is_full = len(self._queue) + len(waiting) > self._capacity
            if is_loaded and not is_full:
                self._queue.extend(waiting)
            self._changed.notify()
        if not is_loaded:
            raise self._refusal("not loaded", "the model is being loaded")
        if is_full:
            raise self._refusal("queue full", "too many requests wait for the model")
        try:
            return [each.vector.result(deadline - time.monotonic()) for each in waiting]
        except FutureTimeoutError:
            raise self._refusal("too late", "the model did not answer in time") from None

    def _refusal(self, reason: str, message: str) -> UnavailableError:
        metrics.REFUSED.labels(self._name, reason).inc()
        return UnavailableError(message)

    def _run(self) -> None:
        model = self._loaded()
        while model and (batch := self._next_batch()):
            self._encode(model, batch)
        with self._changed:
            for each in self._queue:
                each.vector.set_exception(UnavailableError("the encoder stops"))
            self._queue.clear()

    def _loaded(self) -> Model[Input] | None:
        """The model; None when stopped before."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_wanted or self._is_stopped)
        while not self._is_stopped:
            started = time.monotonic()
            try:
                model = self._load()
            except Exception:
                # A folder that is not mounted yet may be there later.
                log.exception("a model cannot be loaded", model=self._name)
                with self._changed:
                    self._changed.wait_for(lambda: self._is_stopped, _SECONDS_BETWEEN_LOADS)
                continue
            seconds = round(time.monotonic() - started, 1)
            log.info("loaded a model", model=self._name, seconds=seconds)
            self._is_loaded = True
            return model
        return None

    def _next_batch(self) -> list[_Waiting[Input]]:
        """Inputs that are still waited for, as soon as there is one; none when stopped."""
        batch: list[_Waiting[Input]] = []
        with self._changed:
            while not batch and not self._is_stopped:
                self._changed.wait_for(lambda: self._queue or self._is_stopped)
                now = time.monotonic()
                while self._queue and len(batch) < self._batch_size:
                    first = self._queue.popleft()
                    if first.deadline > now:
                        batch.append(first)
        return [] if self._is_stopped else batch

    def _encode(self, model: Model[Input], batch: Sequence[_Waiting[Input]]) -> None:
        rows = {content: row for row, content in enumerate({each.content: None for each in batch})}
        self._called_at = time.monotonic()
        try:
            vectors = model(list(rows))
        except Exception as error:
            log.exception("a model failed", model=self._name)
            for each in batch:
                each.vector.set_exception(UnavailableError(f"the model failed: {error}"))
            return
        finally:
            metrics.BATCH_SECONDS.labels(self._name).observe(time.monotonic() - self._called_at)
            self._called_at = None
        metrics.BATCH_SIZE.labels(self._name).observe(len(rows))
        for each in batch:
            each.vector.set_result(vectors[rows[each.content]])
