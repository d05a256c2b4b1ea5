"""Encodes what has arrived or changed, in a thread of its own."""

import threading
import time
from collections.abc import Callable

import psycopg
import structlog
from prometheus_client import Counter, Gauge

from streams.errors import UnavailableError

log = structlog.get_logger()

_ENCODED = Counter("recsys_items_encoded_total", "Products encoded since a training.")
_LAST_SUCCESS = Gauge(
    "recsys_encoder_last_success_timestamp_seconds",
    "When every product had a vector of its content last, in seconds since 1970.",
)
_STOP_SECONDS = 10.0
_MAX_CALL_SECONDS = 300.0


class Worker:
    """Calls `update` again and again until it is stopped.

    Args:
        update: encodes some products and returns their number; 0: there is nothing left to do.
        interval: seconds between two calls while there is nothing to do or a call fails.
    """

    def __init__(self, update: Callable[[], int], *, interval: float) -> None:
        self._update = update
        self._interval = interval
        self._called_at = time.monotonic()
        self._succeeded = self._has_succeeded = False
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="encoder", daemon=True)

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
        """Whether the last call succeeded."""
        return self._succeeded

    @property
    def has_succeeded(self) -> bool:
        """Whether a call has ever succeeded."""
        return self._has_succeeded

    def _run(self) -> None:
        while not self._stopped.is_set():
            if not self._encode():
                self._stopped.wait(self._interval)

    def _encode(self) -> int:
        """Call `update` once; returns what it returns, 0 where it fails."""
        self._called_at = time.monotonic()
        encoded = 0
        try:
            encoded = self._update()
        except (UnavailableError, psycopg.ProgrammingError) as error:
            # The second while the migrations have not run yet.
            self._succeeded = False
            log.warning("the catalogue cannot be encoded", reason=str(error))
            return 0
        except Exception:
            # Else the thread would end, and new products would wait for the next training.
            self._succeeded = False
            log.exception("the catalogue cannot be encoded for an unknown reason")
            return 0
        self._succeeded = self._has_succeeded = True
        if encoded:
            _ENCODED.inc(encoded)
            log.info("encoded products that have arrived or changed", products=encoded)
        else:
            _LAST_SUCCESS.set_to_current_time()
        return encoded
