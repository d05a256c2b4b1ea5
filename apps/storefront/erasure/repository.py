"""SQL of what is known of a person without an account."""

from typing import Any

from psycopg import Connection


def has_events(connection: Connection[Any], user_id: str) -> bool:
    """Whether events of the user are stored."""
    row = connection.execute(
        "select exists (select from events.interactions where user_id = %(user_id)s)"
        " or exists (select from events.new_users where user_id = %(user_id)s)",
        {"user_id": user_id},
    ).fetchone()
    return row is not None and bool(row[0])
