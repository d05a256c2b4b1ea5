"""SQL of the forms that have acted."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from psycopg import Connection

_REMOVED_AT_ONCE = 100


def claim(connection: Connection[Any], form_id: UUID, user_id: str | None) -> bool:
    """Whether the form acts for the first time, in this transaction.

    A second submission at the same time waits here until the first one is committed (False) or
    rolled back (True).
    """
    return (
        connection.execute(
            "insert into shop.submissions (form_id, user_id) values (%s, %s)"
            " on conflict (form_id) do nothing returning form_id",
            (form_id, user_id),
        ).fetchone()
        is not None
    )


def take_turns(connection: Connection[Any], user_id: str) -> bool:
    """Let the forms of a user act one after the other, until the end of this transaction.

    Their events are then in the outbox in the order in which their effects are committed. False if
    the account has been deleted.
    """
    row = connection.execute(
        "select from shop.users where user_id = %s for no key update", (user_id,)
    ).fetchone()
    return row is not None


def complete(connection: Connection[Any], form_id: UUID, location: str) -> None:
    """Record where the form led."""
    connection.execute(
        "update shop.submissions set location = %s where form_id = %s", (location, form_id)
    )


def location(connection: Connection[Any], form_id: UUID, user_id: str | None) -> str | None:
    """Where this user's form led; None if another user sent it."""
    row = connection.execute(
        "select location from shop.submissions"
        " where form_id = %s and user_id is not distinct from %s",
        (form_id, user_id),
    ).fetchone()
    return str(row[0]) if row else None


def forget(connection: Connection[Any], user_id: str) -> int:
    """Delete what is recorded of a user's forms; returns their number."""
    return connection.execute(
        "delete from shop.submissions where user_id = %s", (user_id,)
    ).rowcount


def remove_old(connection: Connection[Any], age: timedelta) -> None:
    """Remove some of the forms that are older than `age`."""
    connection.execute(
        "delete from shop.submissions where form_id in ("
        "   select form_id from shop.submissions where submitted_at < now() - %s"
        "   order by submitted_at limit %s for update skip locked)",
        (age, _REMOVED_AT_ONCE),
    )
