"""The processor's own table, events.shoppers: what it remembers between batches.

The memory lies in PostgreSQL rather than in a Faust table with a changelog: it is written after a
batch's outputs and before its offsets, needs no recovery when a worker starts or a partition moves,
and is not bounded by a worker's memory.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from psycopg import Connection
from psycopg.rows import class_row
from pydantic import BaseModel

from streams.processor.shopper import Shopper


class _Row(BaseModel):
    user_id: str
    memory: Shopper


def is_migrated(connection: Connection) -> bool:
    """Whether the table is there."""
    row = connection.execute("select to_regclass('events.shoppers') is not null").fetchone()
    return bool(row and row[0])


def load(connection: Connection, user_ids: Sequence[str]) -> dict[str, Shopper]:
    """Each shopper's memory, locked until the transaction ends; unknown ones start empty."""
    with connection.cursor(row_factory=class_row(_Row)) as cursor:
        cursor.execute(
            "select user_id, memory from events.shoppers where user_id = any(%s)"
            " order by user_id for update",
            [list(user_ids)],
        )
        known = {row.user_id: row.memory for row in cursor}
    return {user_id: known.get(user_id) or Shopper() for user_id in user_ids}


def save(connection: Connection, shoppers: Mapping[str, Shopper]) -> None:
    """Write memories; verdicts are due where views are open."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into events.shoppers (user_id, memory, latest, verdicts_due)"
            " values (%s, %s, %s, %s)"
            " on conflict (user_id) do update set memory = excluded.memory,"
            " latest = excluded.latest, verdicts_due = excluded.verdicts_due, processed_at = now()",
            [
                (user_id, shopper.model_dump_json(), shopper.latest, shopper.has_open_views)
                for user_id, shopper in sorted(shoppers.items())
            ],
        )


def take_ended(
    connection: Connection, gap: timedelta, grace: timedelta, limit: int
) -> dict[str, Shopper]:
    """Up to `limit` shoppers whose session has ended with verdicts due, marked as judged.

    Rows that another worker is working on are passed over.
    """
    with connection.cursor(row_factory=class_row(_Row)) as cursor:
        cursor.execute(
            "update events.shoppers set verdicts_due = false where user_id in ("
            " select user_id from events.shoppers where verdicts_due"
            " and latest < now() - %s and processed_at < now() - %s"
            " limit %s for update skip locked)"
            " returning user_id, memory",
            [gap, grace, limit],
        )
        return {row.user_id: row.memory for row in cursor}
