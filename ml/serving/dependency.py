"""The services that serving depends on, each behind a circuit breaker."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

import structlog
from pybreaker import STATE_CLOSED, CircuitBreaker, CircuitBreakerError

from ml.serving.metrics import FAILURES
from streams.errors import UnavailableError

log = structlog.get_logger()

_RESET_SECONDS = 5.0
_SECONDS_BETWEEN_LOGS = 60.0

Answer = TypeVar("Answer")


class Dependency:
    """Calls one service that may be unavailable. Threads may share one.

    While its circuit is open it is called once in five seconds, so that requests do not wait for it
    one after the other. Any other failure concerns its own request alone and does not open the
    circuit. Failures are logged at most once per minute.

    Args:
        name: what the log and the metrics call it.
        failures: how many in a row open the circuit.
        reset: seconds for which an open circuit is not tried again.
    """

    def __init__(self, name: str, *, failures: int = 1, reset: float = _RESET_SECONDS) -> None:
        self._name = name
        self._breaker = CircuitBreaker(
            fail_max=failures,
            reset_timeout=reset,
            exclude=[lambda error: not isinstance(error, UnavailableError)],
            throw_new_error_on_trip=False,
        )
        self._lock = threading.Lock()
        self._next_log = 0.0

    def call(self, function: Callable[[], Answer]) -> Answer | None:
        """What `function` returns; None where it fails or the circuit is open."""
        try:
            if self._breaker.current_state == STATE_CLOSED and not self._breaker.fail_counter:
                return self._noting_failure(function)
            # Not `CircuitBreaker.call`, which holds its lock meanwhile: one request at a time.
            with self._breaker.calling():
                return function()
        except CircuitBreakerError:
            return None
        except Exception as error:  # noqa: BLE001 - whatever fails, the shop answers
            FAILURES.labels(self._name).inc()
            self._log(error)
            return None

    def _noting_failure(self, function: Callable[[], Answer]) -> Answer:
        """Call `function` while nothing has failed lately: the breaker learns of a failure alone.

        A chain calls twenty guarded stages for a list, and telling it of each success takes longer
        than some of them.
        """
        try:
            return function()
        except Exception as error:
            with self._breaker.calling():
                raise error from None

    def _log(self, error: Exception) -> None:
        now = time.monotonic()
        with self._lock:
            if now < self._next_log:
                return
            self._next_log = now + _SECONDS_BETWEEN_LOGS
        log.warning(
            "a dependency does not answer; the next simpler answer is served",
            dependency=self._name,
            reason=f"{type(error).__name__}: {error}",
        )
