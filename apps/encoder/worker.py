"""Encodes what has arrived or changed, in a thread of its own."""

import threading
import time
from collections.abc import Callable, Mapping

import psycopg
import structlog
from prometheus_client import Counter, Gauge

from streams.errors import UnavailableError

log = structlog.get_logger()

_ENCODED = Counter(
    "recsys_items_encoded_total",
    "Products encoded since they arrived or changed, by the kind of vector.",
    ("kind",),
)
_LAST_SUCCESS = Gauge(
    "recsys_encoder_last_success_timestamp_seconds",
    "When every product had a vector of its content last, in seconds since 1970.",
    ("kind",),
)
_FAILURES = Counter(
    "recsys_encoder_failures_total",
    "Looks at the catalogue that failed, by the kind of vector.",
    ("kind",),
)
_STOP_SECONDS = 10.0
_MAX_CALL_SECONDS = 300.0

Update = Callable[[], int]
"""Encodes some products and returns their number; 0: there is nothing left to do."""


class Worker:
    """Calls each update in its turn, again and again, until it is stopped.

    Args:
        updates: by the kind of vector that they make. One that fails does not hold up the others.
        interval: seconds between two rounds while there is nothing to do or all that there is
            fails.
        share: of the time that rounds may take, in (0, 1]; the thread rests for the others' sake.
    """

    def __init__(
        self, updates: Mapping[str, Update], *, interval: float, share: float = 1.0
    ) -> None:
        self._updates = updates
        self._interval = interval
        self._rest = 1 / share - 1
        self._called_at = time.monotonic()
        self._succeeded = dict.fromkeys(updates, False)
        self._has_succeeded = False
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="encoder", daemon=True)
        for kind in updates:
            _ENCODED.labels(kind)
            _LAST_SUCCESS.labels(kind)
            _FAILURES.labels(kind)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the present call."""
        self._stopped.set()
        self._thread.join(_STOP_SECONDS)

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs and its present call takes no longer than it may."""
        return self._thread.is_alive() and time.monotonic() - self._called_at < _MAX_CALL_SECONDS

    @property
    def is_ready(self) -> bool:
        """Whether the last call of each update succeeded."""
        return all(self._succeeded.values())

    @property
    def has_succeeded(self) -> bool:
        """Whether an update has ever succeeded: the catalogue could be read."""
        return self._has_succeeded

    def _run(self) -> None:
        while not self._stopped.is_set():
            started = time.monotonic()
            encoded = [self._encode(kind) for kind in self._updates if not self._stopped.is_set()]
            self._has_succeeded |= any(self._succeeded.values())
            took = time.monotonic() - started
            self._stopped.wait(self._rest * took if any(encoded) else self._interval)

    def _encode(self, kind: str) -> int:
        """Call one update; returns what it returns, 0 where it fails."""
        self._called_at = time.monotonic()
        encoded = 0
        try:
            encoded = self._updates[kind]()
        except (UnavailableError, psycopg.ProgrammingError) as error:
            # The second while the migrations have not run yet.
            self._failed(kind)
            log.warning("the catalogue cannot be encoded", kind=kind, reason=str(error))
            return 0
        except Exception:
            # Else the thread would end, and new products would wait for the next training.
            self._failed(kind)
            log.exception("the catalogue cannot be encoded for an unknown reason", kind=kind)
            return 0
        self._succeeded[kind] = True
        if encoded:
            _ENCODED.labels(kind).inc(encoded)
            log.info("encoded products that have arrived or changed", kind=kind, products=encoded)
        else:
            _LAST_SUCCESS.labels(kind).set_to_current_time()
        return encoded

    def _failed(self, kind: str) -> None:
        self._succeeded[kind] = False
        _FAILURES.labels(kind).inc()
