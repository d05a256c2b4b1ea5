"""SQL of the outbox."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

_RELAY_LOCK = 0x6F7574626F78  # "outbox" in ASCII: one relay at a time keeps the order


@dataclass(frozen=True, slots=True)
class Record:
    """An event, ready for its topic."""

    event_id: UUID
    topic: str
    key: str
    payload: str


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is in the outbox."""

    waiting: int
    """Records that Kafka does not have yet."""
    oldest_seconds: float
    """How long the oldest of them has waited; 0 if there is none."""
    refused: int
    """Records that Kafka never takes, kept until somebody decides."""


def add(connection: Connection[Any], records: Iterable[Record]) -> None:
    """Store records that are to be sent later, in this order.

    The order among transactions is that of their calls. Whoever needs it to be that of their
    commits holds a lock that the others wait for.
    """
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into shop.outbox (event_id, topic, key, payload) values (%s, %s, %s, %s)"
            " on conflict (event_id) do nothing",
            [(record.event_id, record.topic, record.key, record.payload) for record in records],
        )


def has_room(connection: Connection[Any], limit: int) -> bool:
    """Whether fewer than `limit` records wait."""
    row = connection.execute(
        "select count(*) < %(limit)s from"
        " (select from shop.outbox where refusal is null limit %(limit)s) waiting",
        {"limit": limit},
    ).fetchone()
    return row is not None and bool(row[0])


def lock(connection: Connection[Any]) -> bool:
    """Whether this transaction is now the only one that empties the outbox."""
    row = connection.execute("select pg_try_advisory_xact_lock(%s)", (_RELAY_LOCK,)).fetchone()
    return row is not None and bool(row[0])


def oldest(connection: Connection[Any], limit: int, *, without: Sequence[str] = ()) -> list[Record]:
    """The first records that wait, in order, except those of the topics `without`."""
    with connection.cursor(row_factory=class_row(Record)) as cursor:
        return cursor.execute(
            "select event_id, topic, key, payload from shop.outbox"
            " where refusal is null and topic <> all(%s) order by position limit %s",
            (list(without), limit),
        ).fetchall()


def remove(connection: Connection[Any], event_ids: Sequence[UUID]) -> None:
    """Forget records that Kafka has acknowledged."""
    connection.execute("delete from shop.outbox where event_id = any(%s)", (list(event_ids),))


def refuse(connection: Connection[Any], event_id: UUID, reason: str) -> None:
    """Set a record aside that Kafka never takes; those behind it go on."""
    connection.execute(
        "update shop.outbox set refusal = %s where event_id = %s", (reason, event_id)
    )


def forget(connection: Connection[Any], key: str) -> int:
    """Delete a user's records, whether they wait or are refused; returns their number."""
    return connection.execute("delete from shop.outbox where key = %s", (key,)).rowcount


def backlog(connection: Connection[Any]) -> Backlog:
    """What is in the outbox now."""
    with connection.cursor(row_factory=class_row(Backlog)) as cursor:
        found = cursor.execute(
            "select count(*) filter (where refusal is null) as waiting,"
            " coalesce(extract(epoch from clock_timestamp()"
            "   - min(created_at) filter (where refusal is null)), 0)::float8 as oldest_seconds,"
            " count(*) filter (where refusal is not null) as refused"
            " from shop.outbox"
        ).fetchone()
    assert found is not None
    return found
