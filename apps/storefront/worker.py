"""Gunicorn's worker with threads, of which each waits a moment for a connection's next request."""

import select
import threading
from collections import deque
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

_WAIT_MILLISECONDS = 5
_FREE_THREADS = 2
"""So many at least are left for connections that no thread holds."""


class KeptConnectionWorker(ThreadWorker):  # type: ignore[misc] # gunicorn has no types
    """Answers the requests of one busy connection in one thread.

    Gunicorn's own hands a connection to the main thread after each answer and takes it back for the
    next request, so each request has two more changes of thread and twice the system calls. Here
    a thread keeps its connection as long as requests follow at once and no other one waits.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._waiting: deque[Any] = deque()
        """Connections with a request that no thread has begun."""
        self._holds = threading.Semaphore(max(0, self.cfg.threads - _FREE_THREADS))

    def enqueue_req(self, conn: Any) -> None:
        """Let a thread answer; in the main thread."""
        self._waiting.append(conn)
        super().enqueue_req(conn)

    def handle(self, conn: Any) -> Any:
        """Answer requests of a connection; whether it stays open, as gunicorn's own says it."""
        self._waiting.popleft()  # whichever it is: their number counts
        while (kept := super().handle(conn)) is True and self._has_next(conn):
            pass
        return kept

    def _has_next(self, conn: Any) -> bool:
        """Whether the connection has another request, or an end, for this thread to read."""
        if self._waiting or not self.alive or not self._holds.acquire(blocking=False):
            return False
        try:
            if conn.is_http2 or conn.parser.unreader.buf.getvalue():
                return False  # what is read ahead makes no socket readable
            readable = select.poll()
            readable.register(conn.sock, select.POLLIN)
            return bool(readable.poll(_WAIT_MILLISECONDS))
        finally:
            self._holds.release()
