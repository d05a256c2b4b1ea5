"""The processor's own table, events.shoppers: the state of each shopper between batches.

The state is in PostgreSQL rather than in a Faust table with a changelog topic: it is written after
a batch's outputs and before its offsets, needs no recovery when a worker starts or a partition
moves, and may exceed a worker's memory.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from psycopg import Connection, Cursor

from streams.processor.state import ShopperState


def is_migrated(connection: Connection) -> bool:
    """Whether the table exists."""
    row = connection.execute("select to_regclass('events.shoppers') is not null").fetchone()
    return bool(row and row[0])


def load(connection: Connection, user_ids: Sequence[str]) -> dict[str, ShopperState]:
    """Each shopper's state, locked until the transaction ends; an unknown shopper's is empty."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select user_id, state::text from events.shoppers where user_id = any(%s)"
            " order by user_id for update",
            [list(user_ids)],
        )
        known = _states(cursor)
    return {user_id: known.get(user_id) or ShopperState() for user_id in user_ids}


def save(connection: Connection, states: Mapping[str, ShopperState]) -> None:
    """Write states; verdicts are due where views are open."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into events.shoppers (user_id, state, latest, verdicts_due)"
            " values (%s, %s, %s, %s)"
            " on conflict (user_id) do update set state = excluded.state,"
            " latest = excluded.latest, verdicts_due = excluded.verdicts_due, processed_at = now()",
            [
                (
                    user_id,
                    state.model_dump_json(exclude_none=True),
                    state.latest,
                    state.has_open_views,
                )
                for user_id, state in sorted(states.items())
            ],
        )


def take_ended(
    connection: Connection, gap: timedelta, grace: timedelta, limit: int
) -> dict[str, ShopperState]:
    """Up to `limit` shoppers whose session has ended with verdicts due; they are marked as done.

    Rows that another worker holds are skipped.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "update events.shoppers set verdicts_due = false where user_id in ("
            " select user_id from events.shoppers where verdicts_due"
            " and latest < now() - %s and processed_at < now() - %s"
            " limit %s for update skip locked)"
            " returning user_id, state::text",
            [gap, grace, limit],
        )
        return _states(cursor)


def _states(cursor: Cursor) -> dict[str, ShopperState]:
    # As text, for the contract is strict: in Python values it would refuse JSON's strings for ids.
    return {user_id: ShopperState.model_validate_json(state) for user_id, state in cursor}
