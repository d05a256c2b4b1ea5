"""SQL of the stack's reports and of its start."""

from dataclasses import dataclass

from psycopg import Connection
from psycopg.sql import SQL, Identifier, Literal

from streams.contracts import SESSION_GAP, InteractionType

_DERIVED = [each.value for each in InteractionType if each.is_derived]
_USERS = SQL("select user_id from events.new_users union select user_id from events.interactions")


@dataclass(frozen=True, slots=True)
class Counts:
    """How many events, users and products are stored."""

    events: int
    """Interactions without the view verdicts."""
    distinct: int
    """Distinct interaction ids of those."""
    verdicts: int
    users: int
    """Distinct users of sign-ups and interactions."""
    items: int
    """Products of the catalogue."""


def counts(connection: Connection) -> Counts:
    """Count everything now."""
    row = connection.execute(
        SQL(
            "select"
            " (select count(*) from events.interactions"
            "   where interaction_type <> all(%(derived)s)),"
            " (select count(distinct interaction_id) from events.interactions"
            "   where interaction_type <> all(%(derived)s)),"
            " (select count(*) from events.interactions"
            "   where interaction_type = any(%(derived)s)),"
            " (select count(*) from ({}) known),"
            " (select count(*) from shop.products)"
        ).format(_USERS),
        {"derived": _DERIVED},
    ).fetchone()
    assert row is not None
    return Counts(*row)


def sessions_without_verdicts(connection: Connection) -> int:
    """Sessions that have ended and wait for their verdicts."""
    row = connection.execute(
        "select count(*) from events.sessions where due and latest < now() - %s",
        [SESSION_GAP],
    ).fetchone()
    assert row is not None
    return int(row[0])


def make_role(connection: Connection, name: str, password: str) -> None:
    """Make a role that may log in, with this password; one that exists gets the password."""
    exists = connection.execute("select from pg_roles where rolname = %s", [name]).fetchone()
    connection.execute(
        SQL("{} role {} login password {}").format(
            SQL("create" if exists is None else "alter"), Identifier(name), Literal(password)
        )
    )


def applied_features(connection: Connection) -> str | None:
    """Fingerprint of the feature definitions that were applied last; the schema's comment."""
    row = connection.execute("select obj_description('feast'::regnamespace)").fetchone()
    return row[0] if row else None


def note_applied_features(connection: Connection, fingerprint: str) -> None:
    """Keep that fingerprint with the database."""
    connection.execute(SQL("comment on schema feast is {}").format(Literal(fingerprint)))


def users(connection: Connection) -> list[str]:
    """Every known user, of sign-ups and interactions."""
    rows = connection.execute(SQL("{} order by user_id").format(_USERS))
    return [user_id for (user_id,) in rows]


def interacted_items(connection: Connection) -> list[tuple[str, str]]:
    """Every distinct pair of user and item."""
    return connection.execute(
        "select distinct user_id, item_id from events.interactions order by user_id, item_id"
    ).fetchall()
