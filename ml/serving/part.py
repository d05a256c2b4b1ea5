"""A part that may be away."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

import structlog
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from streams.errors import UnavailableError

log = structlog.get_logger()

_AWAY = (UnavailableError, OperationalError, PoolTimeout)
_REST_SECONDS = 5.0
_SECONDS_BETWEEN_LOGS = 60.0

Answer = TypeVar("Answer")


class Part:
    """Asks one part of the system; an answer of None means that it gave none.

    A part that is away is left alone for some seconds, so that requests do not wait for it one
    after the other. Its failures are logged once a minute.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._resting_until = 0.0
        self._next_log = 0.0

    def ask(self, call: Callable[[], Answer]) -> Answer | None:
        """What `call` returns; None where it fails or the part rests."""
        if time.monotonic() < self._resting_until:
            return None
        try:
            return call()
        except Exception as error:  # noqa: BLE001 - whatever a part does, the shop answers
            self._note(error)
            return None

    def _note(self, error: Exception) -> None:
        now = time.monotonic()
        with self._lock:
            if isinstance(error, _AWAY):
                self._resting_until = now + _REST_SECONDS
            if now < self._next_log:
                return
            self._next_log = now + _SECONDS_BETWEEN_LOGS
        log.warning(
            "a part does not answer; the next simpler answer is served",
            part=self._name,
            reason=f"{type(error).__name__}: {error}",
        )
