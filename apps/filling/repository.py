"""SQL that tells how far a filled shop's events have come."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from psycopg import Connection


def arrived_interactions(connection: Connection[Any], wanted: Collection[UUID]) -> set[UUID]:
    """Which of those interactions are rows."""
    rows = connection.execute(
        "select interaction_id from events.interactions where interaction_id = any(%s)",
        [list(wanted)],
    )
    return {interaction_id for (interaction_id,) in rows}


def arrived_users(connection: Connection[Any], wanted: Collection[str]) -> set[str]:
    """Which of those sign-ups are rows."""
    rows = connection.execute(
        "select user_id from events.new_users where user_id = any(%s)", [list(wanted)]
    )
    return {user_id for (user_id,) in rows}
