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


def add(connection: Connection[Any], records: Iterable[Record]) -> None:
    """Store records that are to be sent later."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into shop.outbox (event_id, topic, key, payload) values (%s, %s, %s, %s)"
            " on conflict (event_id) do nothing",
            [(record.event_id, record.topic, record.key, record.payload) for record in records],
        )


def lock(connection: Connection[Any]) -> bool:
    """Whether this transaction is now the only one that empties the outbox."""
    row = connection.execute("select pg_try_advisory_xact_lock(%s)", (_RELAY_LOCK,)).fetchone()
    return row is not None and bool(row[0])


def oldest(connection: Connection[Any], limit: int) -> list[Record]:
    """The records that have waited longest, oldest first."""
    with connection.cursor(row_factory=class_row(Record)) as cursor:
        return cursor.execute(
            "select event_id, topic, key, payload from shop.outbox"
            " order by created_at, event_id limit %s",
            (limit,),
        ).fetchall()


def remove(connection: Connection[Any], event_ids: Sequence[UUID]) -> None:
    """Forget records that Kafka has acknowledged."""
    connection.execute("delete from shop.outbox where event_id = any(%s)", (list(event_ids),))


def waiting(connection: Connection[Any]) -> int:
    """How many records wait."""
    row = connection.execute("select count(*) from shop.outbox").fetchone()
    return int(row[0]) if row else 0
