"""All SQL on the schema `ml`; the items a shopper has seen are read from `events`.

Functions take an open connection; the caller commits.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import takewhile
from typing import Any, NamedTuple

import psycopg
from psycopg.types.json import Jsonb

from ml.registry.artifacts import Manifest, StoredFile
from streams.errors import ModelError

Connection = psycopg.Connection[Any]

MIN_KEPT_VERSIONS = 5
KEPT_REJECTED_VERSIONS = 3
"""Beside the former; what was rejected does not push out what served."""


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A row of ml.model_versions."""

    version: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    data_until: datetime | None = None
    """The instant up to which it knows the shop's data."""
    created_at: datetime | None = None
    """None until it is registered."""
    published_at: datetime | None = None
    """When its vectors and lists were complete; None until then."""
    decision: Mapping[str, Any] | None = None
    """What the gate decided, an `ml.gate.decision.Decision`; None where none was asked."""


@dataclass(frozen=True, slots=True)
class Live:
    """The live version and the one before it."""

    version: str
    previous: str | None
    switched_at: datetime


@dataclass(frozen=True, slots=True)
class Switch:
    """A change of the live version."""

    version: str
    previous: str | None
    switched_at: datetime
    switched_by: str
    reason: str


class BundlePart(NamedTuple):
    """A piece of a file in a version's folder."""

    path: str
    number: int
    bytes: bytes


def register(connection: Connection, model: ModelVersion) -> None:
    """Add a version; an existing one gets the new parameters and metrics."""
    connection.execute(
        """
        insert into ml.model_versions (version, parameters, metrics, data_until, decision)
        values (%s, %s, %s, %s, %s)
        on conflict (version) do update set parameters = excluded.parameters,
        metrics = excluded.metrics, data_until = excluded.data_until, decision = excluded.decision
        """,
        (
            model.version,
            Jsonb(dict(model.parameters)),
            Jsonb(dict(model.metrics)),
            model.data_until,
            None if model.decision is None else Jsonb(dict(model.decision)),
        ),
    )


def versions(connection: Connection) -> list[ModelVersion]:
    """All versions, newest first."""
    rows = connection.execute(
        "select version, parameters, metrics, data_until, created_at, published_at, decision"
        " from ml.model_versions order by version desc"
    )
    return [ModelVersion(*row) for row in rows]


def write_manifest(connection: Connection, version: str, manifest: Manifest) -> None:
    """Note which files of a version the artifact store holds."""
    connection.execute(
        "update ml.model_versions set files = %s where version = %s",
        (Jsonb({path: asdict(file) for path, file in manifest.items()}), version),
    )


def manifest(connection: Connection, version: str) -> Manifest | None:
    """The version's files in the artifact store; None where it has none there."""
    row = connection.execute(
        "select files from ml.model_versions where version = %s", (version,)
    ).fetchone()
    if row is None or row[0] is None:
        return None
    return {path: StoredFile(**file) for path, file in row[0].items()}


def bundle_parts(connection: Connection, version: str) -> Iterator[BundlePart]:
    """Its files, each in order, if a release before the artifact store has published it.

    One part at a time is in memory.
    """
    with connection.cursor(name="bundle_parts") as cursor:
        cursor.itersize = 1
        cursor.execute(
            "select path, part, bytes from ml.bundle_parts where version = %s order by path, part",
            (version,),
            binary=True,
        )
        yield from (BundlePart(*row) for row in cursor)


def write_popular_items(connection: Connection, version: str, item_ids: Sequence[str]) -> None:
    """Replace the version's popular items, most popular first."""
    connection.execute("delete from ml.popular_items where version = %s", (version,))
    with (
        connection.cursor() as cursor,
        cursor.copy("copy ml.popular_items (version, rank, item_id) from stdin") as copy,
    ):
        for rank, item_id in enumerate(item_ids):
            copy.write_row((version, rank, item_id))


def popular_items(connection: Connection, version: str) -> tuple[str, ...]:
    """The version's popular items, most popular first."""
    rows = connection.execute(
        "select item_id from ml.popular_items where version = %s order by rank", (version,)
    )
    return tuple(item_id for (item_id,) in rows)


def live(connection: Connection) -> Live | None:
    """The live version with its predecessor; None before the first training."""
    row = connection.execute(
        "select version, previous_version, switched_at from ml.live_version"
    ).fetchone()
    return Live(*row) if row else None


def live_version(connection: Connection) -> str | None:
    """The name of the live version; None before the first training."""
    current = live(connection)
    return current.version if current else None


def live_metrics(connection: Connection) -> dict[str, Any]:
    """The metrics that are kept with the live version; none before the first training."""
    row = connection.execute(
        "select metrics from ml.live_version join ml.model_versions using (version)"
    ).fetchone()
    return dict(row[0]) if row else {}


def mark_published(connection: Connection, version: str) -> None:
    """Note that all that serving needs of a version is written; from now on it can go live."""
    connection.execute(
        "update ml.model_versions set published_at = now() where version = %s", (version,)
    )


def switch_live(
    connection: Connection, version: str, *, by: str, reason: str, to_older: bool = False
) -> None:
    """Make a published version the live one; a rollback is the same switch.

    Args:
        connection: whose transaction the switch is part of.
        version: becomes live; if it is already, nothing changes.
        by: who wants it.
        reason: why, in a few words; kept with the switch.
        to_older: whether it may know older data than the live version.

    Raises:
        ModelError: the version is not registered, not published, or knows older data.
    """
    row = connection.execute(
        "select published_at, data_until from ml.model_versions where version = %s", (version,)
    ).fetchone()
    if row is None:
        raise ModelError(f"there is no version {version}")
    published_at, until = row
    if published_at is None:
        raise ModelError(f"version {version} cannot go live: it has not been published")
    # A row that another switch has locked is read again when that one has ended.
    current = connection.execute(
        "select l.version, v.data_until from ml.live_version l"
        " join ml.model_versions v using (version) for update of l"
    ).fetchone()
    live, live_until = current or (None, None)
    if live == version:
        return
    if until and live_until and until < live_until and not to_older:
        raise ModelError(
            f"version {version} knows the data until {until}, the live version {live}"
            f" until {live_until}: it would be a step back"
        )
    connection.execute(
        """
        insert into ml.live_version as live (version) values (%s)
        on conflict (only_row) do update
        set version = excluded.version, previous_version = live.version, switched_at = now()
        """,
        (version,),
    )
    connection.execute(
        "insert into ml.switches (version, previous_version, switched_by, reason)"
        " values (%s, %s, %s, %s)",
        (version, live, by, reason),
    )


def rejected_in_a_row(connection: Connection) -> int:
    """How many of the newest versions, at most KEPT_REJECTED_VERSIONS, the gate has rejected.

    One that somebody made live by hand ends the row.
    """
    rows = connection.execute(
        """
        select not (decision ->> 'promoted')::boolean
            and version not in (select version from ml.switches)
        from ml.model_versions where published_at is not null order by version desc limit %s
        """,
        (KEPT_REJECTED_VERSIONS,),
    )
    return sum(1 for _ in takewhile(lambda row: row[0], rows))


def newest_version_at(connection: Connection) -> datetime | None:
    """When the newest complete version was made, promoted or not; None where there is none."""
    row = connection.execute(
        "select max(published_at) from ml.model_versions where published_at is not null"
    ).fetchone()
    return row[0] if row else None


def switches(connection: Connection, limit: int, version: str) -> list[Switch]:
    """The newest switches to or from a version, newest first."""
    rows = connection.execute(
        "select version, previous_version, switched_at, switched_by, reason from ml.switches"
        " where %(version)s in (version, previous_version) order by switch_id desc limit %(limit)s",
        {"version": version, "limit": limit},
    )
    return [Switch(*row) for row in rows]


def delete_unpublished(connection: Connection) -> list[str]:
    """Delete what runs that did not end have left; nobody may publish meanwhile."""
    rows = connection.execute(
        "delete from ml.model_versions where published_at is null returning version"
    )
    return sorted(version for (version,) in rows)


def delete_old(
    connection: Connection,
    keep: int = MIN_KEPT_VERSIONS,
    keep_rejected: int = KEPT_REJECTED_VERSIONS,
) -> list[str]:
    """Delete old versions, never the live one or its predecessor.

    The newest `keep` published ones stay, and of those that the gate rejected and nobody promoted
    by hand the newest `keep_rejected`.
    """
    rows = connection.execute(
        """
        with published (version, is_rejected) as (
            select version, coalesce(not (decision ->> 'promoted')::boolean, false)
                and version not in (select version from ml.switches)
            from ml.model_versions where published_at is not null
        ),
        ranked (version, is_rejected, rank) as (
            select version, is_rejected,
                row_number() over (partition by is_rejected order by version desc)
            from published
        )
        delete from ml.model_versions
        where version not in (
            select version from ranked
            where rank <= case when is_rejected then %(keep_rejected)s else %(keep)s end
        )
        and version not in (select version from ml.live_version)
        and version not in (
            select previous_version from ml.live_version where previous_version is not null
        )
        returning version
        """,
        {"keep": keep, "keep_rejected": keep_rejected},
    )
    return sorted(version for (version,) in rows)
