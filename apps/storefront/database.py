"""The worker's connections to PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg import Connection
from psycopg_pool import ConnectionPool


class Database:
    """A pool that opens with its first use, so that a worker may start before PostgreSQL does.

    Args:
        url: `postgresql://user:password@host:port/database`.
        connections: at most so many at once.
        patience: seconds to wait for a free connection.
    """

    def __init__(self, url: str, *, connections: int = 8, patience: float = 3.0) -> None:
        self._pool: ConnectionPool[Connection[Any]] = ConnectionPool(
            url,
            min_size=1,
            max_size=connections,
            timeout=patience,
            open=False,
            check=ConnectionPool.check_connection,
            kwargs={"connect_timeout": max(2, round(patience))},
        )

    @contextmanager
    def connection(self) -> Iterator[Connection[Any]]:
        """A connection whose transaction is committed at the end and rolled back on an exception.

        Raises:
            psycopg.OperationalError: if PostgreSQL does not answer.
        """
        self._pool.open()
        with self._pool.connection() as connection:
            yield connection

    def close(self) -> None:
        """Give all connections back."""
        self._pool.close()
