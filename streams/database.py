"""Access to PostgreSQL whose failures are `UnavailableError`."""

import select
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from psycopg import Connection, OperationalError
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from streams.bounded_connection import bounded_connection
from streams.errors import UnavailableError

_PATIENCE = 1.5
"""How many times as long the client waits for an answer as the server may work on it."""


@contextmanager
def postgres_errors() -> Iterator[None]:
    """Turn every failure to reach PostgreSQL inside the block into UnavailableError.

    Errors of a statement itself (a missing table, a violated constraint) pass unchanged.
    """
    try:
        yield
    except (OperationalError, PoolTimeout, PoolClosed) as error:
        raise UnavailableError(f"PostgreSQL is unavailable: {error}") from error


class Database:
    """A pool of connections that threads share; it opens with its first use.

    A process may therefore start before PostgreSQL does. A connection that the server has closed
    is replaced before it is handed out.

    Args:
        url: `postgresql://user:password@host:port/database`.
        connections: maximum number of connections at once.
        timeout: seconds to wait for a free connection.
        pooled: whether a pooler such as PgBouncer is at the address and may give each transaction
            another server, which does not know the statements that were prepared on the last one.
        read_limit: for reads of one statement: each is a transaction of its own, and the server
            ends it after so long, which counts as unavailable. So does a server that says nothing
            for half as long again. Not through a pooler, which does not take the limit over.
    """

    def __init__(
        self,
        url: str,
        *,
        connections: int,
        timeout: float,
        pooled: bool = False,
        read_limit: timedelta | None = None,
    ) -> None:
        options: dict[str, Any] = {"prepare_threshold": None} if pooled else {}
        connection_class: type[Connection[Any]] = Connection
        if read_limit is not None:
            seconds = read_limit.total_seconds()
            options |= {
                "autocommit": True,
                "options": f"-c statement_timeout={round(1000 * seconds)}",
            }
            connection_class = bounded_connection(_PATIENCE * seconds)
        self._pool: ConnectionPool[Connection[Any]] = ConnectionPool(
            url,
            connection_class=connection_class,
            min_size=0,
            max_size=connections,
            timeout=timeout,
            open=False,
            kwargs=options,
            check=check_idle,
        )

    @contextmanager
    def connection(self) -> Iterator[Connection[Any]]:
        """A connection whose transaction is committed at the end and rolled back on an exception.

        Raises:
            UnavailableError: PostgreSQL does not answer, now or inside the block.
        """
        with postgres_errors():
            self._pool.open()
            with self._pool.connection() as connection:
                yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection[Any]]:
        """A connection for reads, each statement of which is a transaction of its own.

        It saves the round trips that begin and end a transaction.

        Raises:
            UnavailableError: PostgreSQL does not answer, now or inside the block.
        """
        with self.connection() as connection:
            was, connection.autocommit = connection.autocommit, True
            try:
                yield connection
            finally:
                if not connection.closed:
                    connection.autocommit = was

    def close(self) -> None:
        """Close all connections; the pool cannot be used again."""
        self._pool.close()


def check_idle(connection: Connection[Any]) -> None:
    """Raise if the server has closed a connection that was idle.

    A closed socket can be read from, as one can that has something to say; only then a round trip
    tells which it is. Each request would pay for a round trip otherwise.
    """
    idle = select.poll()
    idle.register(connection.fileno(), select.POLLIN)
    if idle.poll(0):
        ConnectionPool.check_connection(connection)
