"""SQL of erasures: who was erased, and the lock that lets nothing of theirs come back.

Whoever writes what is a user's holds the lock together with all other writers until its transaction
ends, and leaves out users who were erased; whoever erases holds it alone. So an erasure finds all
that was written before it, and nothing is written after it. The sink obeys by triggers on its
tables (migration 0014).
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection, sql
from psycopg.types.json import Jsonb

_LOCK = 0x65726173757265  # "erasure" in ASCII; the triggers have the same
_TABLES = (
    "interactions",
    "new_users",
    "impressions",
    "searches",
    "sessions",
    "session_events",
    "shopper_items",
    "unstored_records",
)

Removed = Mapping[str, int]
"""Number of removed rows by store."""


@dataclass(frozen=True, slots=True)
class Erased:
    """An erasure that was carried out."""

    erasure_id: UUID
    erased_at: datetime
    removed: Removed


def hold_off(connection: Connection[Any], user_ids: Collection[str]) -> set[str]:
    """Hold erasures off until the transaction ends; returns those of the users who were erased."""
    connection.execute("select pg_advisory_xact_lock_shared(%s)", [_LOCK])
    rows = connection.execute(
        "select user_id from unnest(%b::text[]) as given (user_id)"
        " join events.erased_users on user_hash = events.user_hash(user_id)",
        [list(set(user_ids))],
    )
    return {user_id for (user_id,) in rows}


def begin(connection: Connection[Any]) -> None:
    """Wait for all who hold erasures off, and hold them off until the transaction ends."""
    connection.execute("select pg_advisory_xact_lock(%s)", [_LOCK])


def remove_events(
    connection: Connection[Any], user_ids: Collection[str]
) -> dict[str, Counter[str]]:
    """Delete what the schema `events` has of users; returns the rows of each by table."""
    removed: dict[str, Counter[str]] = {user_id: Counter() for user_id in user_ids}
    for table in _TABLES:
        rows = connection.execute(
            sql.SQL(
                "with gone as (delete from {} where user_id = any(%s) returning user_id)"
                " select user_id, count(*) from gone group by user_id"
            ).format(sql.Identifier("events", table)),
            [list(user_ids)],
        )
        for user_id, count in rows:
            removed[user_id][f"events.{table}"] = count
    return removed


def note(connection: Connection[Any], erasure_id: UUID, user_id: str, removed: Removed) -> None:
    """Write down that a user was erased; an erasure that is known already changes nothing."""
    connection.execute(
        "insert into events.erased_users as known (user_hash, erasure_id, removed)"
        " values (events.user_hash(%s), %s, %s) on conflict (user_hash) do update set"
        " erasure_id = excluded.erasure_id, erased_at = now(), removed = excluded.removed"
        " where known.erasure_id <> excluded.erasure_id",
        [user_id, erasure_id, Jsonb(dict(removed))],
    )


def find(connection: Connection[Any], user_id: str) -> Erased | None:
    """The newest erasure of a user."""
    row = connection.execute(
        "select erasure_id, erased_at, removed from events.erased_users"
        " where user_hash = events.user_hash(%s)",
        [user_id],
    ).fetchone()
    return Erased(*row) if row else None
