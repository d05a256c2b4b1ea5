"""SQL of the copies of the versions in a model registry: what is copied, and how far that is.

Functions take an open connection; the caller commits.
"""

from dataclasses import dataclass
from datetime import datetime

import psycopg

from ml.registry.repository import Connection, Switch
from streams.errors import UnavailableError

_LOCK = 0x7265676973747279  # "registry" in ASCII
_PATIENCE = "60s"


@dataclass(frozen=True, slots=True)
class RegistryState:
    """How far the model registry is."""

    behind_since: datetime | None
    """Since when it has lacked a change, or could not be asked; None: it has all."""
    error: str | None
    """Of the last copy; None where that succeeded."""


def begin(connection: Connection) -> datetime:
    """Hold the lock of copies until the transaction ends; returns the instant.

    Raises:
        UnavailableError: another copy takes too long.
    """
    connection.execute("select set_config('lock_timeout', %s, true)", [_PATIENCE])
    try:
        connection.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
    except psycopg.errors.LockNotAvailable:
        raise UnavailableError("another copy to the model registry is in progress") from None
    row = connection.execute("select clock_timestamp()").fetchone()
    assert row
    instant: datetime = row[0]
    return instant


def succeeded(connection: Connection, instant: datetime) -> None:
    """Note that the registry has all changes up to an instant."""
    connection.execute(
        """
        insert into ml.registry_sync (synced_at) values (%s)
        on conflict (only_row) do update
        set synced_at = excluded.synced_at, failing_since = null, error = null
        """,
        (instant,),
    )


def failed(connection: Connection, instant: datetime, error: str) -> None:
    """Note that a copy failed, and why."""
    connection.execute(
        """
        insert into ml.registry_sync as sync (failing_since, error) values (%s, %s)
        on conflict (only_row) do update
        set failing_since = coalesce(sync.failing_since, excluded.failing_since),
        error = excluded.error
        """,
        (instant, error),
    )


def state(connection: Connection) -> RegistryState | None:
    """How far the registry is; None where nothing was ever copied."""
    row = connection.execute(
        """
        select least(
            failing_since,
            (select min(published_at) from ml.model_versions where published_at > synced_at),
            (select min(switched_at) from ml.switches where switched_at > synced_at)
        ), error
        from ml.registry_sync
        """
    ).fetchone()
    return RegistryState(*row) if row else None


def newest_switches(connection: Connection) -> dict[str, Switch]:
    """The newest switch to each version that was ever live."""
    rows = connection.execute(
        """
        select distinct on (version) version, previous_version, switched_at, switched_by, reason
        from ml.switches order by version, switch_id desc
        """
    )
    return {row[0]: Switch(*row) for row in rows}
