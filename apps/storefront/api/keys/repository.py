"""SQL of the keys."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key without its secret."""

    key_id: str
    name: str
    secret_hash: bytes
    """SHA-256."""
    scopes: Sequence[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_on: date | None
    """In UTC."""


def every(connection: Connection[Any]) -> list[ApiKey]:
    """All keys, the oldest first."""
    with connection.cursor(row_factory=class_row(ApiKey)) as cursor:
        return cursor.execute(
            "select key_id, name, secret_hash, scopes, created_at, expires_at, revoked_at,"
            " last_used_on from shop.api_keys order by created_at, key_id"
        ).fetchall()


def add(
    connection: Connection[Any],
    *,
    key_id: str,
    name: str,
    secret_hash: bytes,
    scopes: Sequence[str],
    expires_at: datetime | None,
) -> None:
    """Store a new key."""
    connection.execute(
        "insert into shop.api_keys (key_id, name, secret_hash, scopes, expires_at)"
        " values (%s, %s, %s, %s, %s)",
        (key_id, name, secret_hash, list(scopes), expires_at),
    )


def revoke(connection: Connection[Any], key_id: str) -> bool:
    """Make a key useless; returns whether it was useful."""
    return bool(
        connection.execute(
            "update shop.api_keys set revoked_at = now() where key_id = %s and revoked_at is null",
            (key_id,),
        ).rowcount
    )


def note_use(connection: Connection[Any], key_ids: Collection[str], day: date) -> None:
    """Note that keys were used on a day."""
    connection.execute(
        "update shop.api_keys set last_used_on = %(day)s"
        " where key_id = any(%(keys)s) and (last_used_on < %(day)s or last_used_on is null)",
        {"keys": list(key_ids), "day": day},
    )
