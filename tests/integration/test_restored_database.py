"""The check of a restored database, as the owner of its schemas, on a real server."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from apps.backups.restore_test import check
from streams.errors import ContractError
from support.cluster_database import OWNER, UrlOf

USER = "insert into shop.users (user_id, user_name) values ('u', 'U')"
EVENT = """
insert into events.interactions (interaction_id, user_id, item_id, timestamp, interaction_type)
values (gen_random_uuid(), 'u', 'i', %s, 'view')
"""
NOW = datetime.now(UTC)


@pytest.fixture
def owner(url_of: UrlOf) -> Iterator[psycopg.Connection]:
    """Sees no rows of other tests: they come back when its transaction is rolled back."""
    with psycopg.connect(url_of(OWNER)) as connection:
        connection.execute("truncate shop.users, events.interactions cascade")
        yield connection
        connection.rollback()


def found(connection: psycopg.Connection) -> str:
    return check(connection, newest_event_age=timedelta(days=2))


def test_a_database_with_shoppers_and_recent_events_is_good(owner: psycopg.Connection) -> None:
    owner.execute(USER)
    for hours in (90, 30):
        owner.execute(EVENT, [NOW - timedelta(hours=hours)])
    assert found(owner).startswith("1 shoppers, the newest event of ")
    assert f"{NOW - timedelta(hours=30):%Y-%m-%d %H:%M}" in found(owner)


def test_an_empty_database_is_refused(owner: psycopg.Connection) -> None:
    with pytest.raises(ContractError, match="no shoppers"):
        found(owner)
    owner.execute(USER)
    with pytest.raises(ContractError, match="no events"):
        found(owner)


def test_an_old_database_is_refused(owner: psycopg.Connection) -> None:
    owner.execute(USER)
    owner.execute(EVENT, [NOW - timedelta(days=3)])
    with pytest.raises(ContractError, match="newest event"):
        found(owner)


def test_a_database_without_the_migrations_is_refused(empty_database_url: str) -> None:
    with (
        psycopg.connect(empty_database_url) as connection,
        pytest.raises(psycopg.errors.UndefinedTable),
    ):
        found(connection)
