"""A connection to PostgreSQL that does not wait for an answer for ever."""

from typing import Any, TypeVar

from psycopg import Connection, OperationalError
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus

Answer = TypeVar("Answer")
_INTERVAL_SECONDS = 0.05
"""Between two looks whether the time is over."""


def bounded_connection(seconds: float) -> type[Connection[Any]]:
    """The class of connections of which each exchange with the server takes so long at most.

    `statement_timeout` ends what is slow in the server, and does not help where the server or the
    network has stopped. It should be shorter: a connection that has given up closes.
    """

    class BoundedConnection(Connection[Any]):
        def wait(
            self,
            gen: PQGen[Answer],
            interval: float = _INTERVAL_SECONDS,
            timeout: float | None = None,
        ) -> Answer:
            try:
                return super().wait(gen, interval, seconds if timeout is None else timeout)
            except OperationalError:
                if self.info.transaction_status is TransactionStatus.ACTIVE:
                    self.close()  # the server still owes an answer
                raise

    return BoundedConnection
