"""Whether Kafka is worth a try."""

import threading
import time
from collections.abc import Callable


class Circuit:
    """Closed while Kafka answers; a failure opens it, and only the relay closes it again.

    Pages never try an open circuit, so that at most one of them waits for a Kafka that is away. The
    relay tries again when the pause is over. Threads may share one.

    Args:
        pause: seconds to leave Kafka alone after a failure.
        clock: seconds that only grow.
    """

    def __init__(self, pause: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._pause = pause
        self._clock = clock
        self._lock = threading.Lock()
        self._retry_at: float | None = None

    @property
    def is_closed(self) -> bool:
        """Whether a page may send directly."""
        with self._lock:
            return self._retry_at is None

    @property
    def may_retry(self) -> bool:
        """Whether the relay may try."""
        with self._lock:
            return self._retry_at is None or self._clock() >= self._retry_at

    def open(self) -> None:
        """Kafka did not answer."""
        with self._lock:
            self._retry_at = self._clock() + self._pause

    def close(self) -> None:
        """Kafka answers and nothing waits any more."""
        with self._lock:
            self._retry_at = None
