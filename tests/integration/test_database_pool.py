"""The pool of connections on a real server."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from streams.database import Database

pytestmark = pytest.mark.integration


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url, connections=1, timeout=5)
    yield database
    database.close()


def _server_process(database: Database) -> int:
    with database.connection() as connection:
        return connection.info.backend_pid


def test_a_connection_that_the_server_has_closed_is_replaced(
    database: Database, database_url: str
) -> None:
    first = _server_process(database)
    assert _server_process(database) == first
    with psycopg.connect(database_url) as other:
        other.execute("select pg_terminate_backend(%s, 10_000)", (first,))
    with database.connection() as connection:
        assert connection.execute("select 1").fetchone() == (1,)
        assert connection.info.backend_pid != first


def test_a_connection_that_has_heard_something_is_kept(
    database: Database, database_url: str
) -> None:
    with database.connection() as connection:
        first = connection.info.backend_pid
        connection.execute("listen anything")
    with psycopg.connect(database_url, autocommit=True) as other:
        other.execute("notify anything")
    assert _server_process(database) == first


def test_reads_begin_no_transaction_and_the_next_user_of_the_connection_has_one(
    database: Database,
) -> None:
    with database.reading() as connection:
        assert connection.execute("select 1").fetchone() == (1,)
        assert connection.info.transaction_status is TransactionStatus.IDLE
    with pytest.raises(psycopg.errors.DivisionByZero), database.connection() as connection:
        connection.execute("create table lost (value int); select 1/0")
    with database.reading() as connection:
        assert connection.execute("select to_regclass('lost')").fetchone() == (None,)


def test_a_read_that_fails_leaves_the_connection_as_it_was(database: Database) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable), database.reading() as connection:
        connection.execute("select * from nowhere")
    with database.connection() as connection:
        assert not connection.autocommit
        assert connection.execute("select 1").fetchone() == (1,)
