"""SQL that says which of a filled shop's events are stored."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from psycopg import Connection


def stored_interactions(connection: Connection[Any], ids: Collection[UUID]) -> set[UUID]:
    """Which of those interactions are stored."""
    rows = connection.execute(
        "select interaction_id from events.interactions where interaction_id = any(%s)",
        [list(ids)],
    )
    return {interaction_id for (interaction_id,) in rows}


def stored_users(connection: Connection[Any], user_ids: Collection[str]) -> set[str]:
    """Which of those users' sign-ups are stored."""
    rows = connection.execute(
        "select user_id from events.new_users where user_id = any(%s)", [list(user_ids)]
    )
    return {user_id for (user_id,) in rows}
