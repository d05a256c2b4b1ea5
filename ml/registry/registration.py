"""What a model registry is told about a version, made from its rows in PostgreSQL."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ml.registry import registry_sync, repository
from ml.registry.artifacts import Manifest
from ml.registry.repository import Connection, Live, ModelVersion, Switch

Alias = Literal["champion", "previous", "candidate", "rejected", "none"]
ALIAS = "alias"
"""The property with the version's alias."""
Property = str | float | bool


@dataclass(frozen=True, slots=True)
class Registration:
    """A version as a model registry has it."""

    version: str
    uri: str
    """Where its files are."""
    properties: Mapping[str, Property]
    """Alias, parameters, metrics and lineage, by name."""
    archived: bool = False
    """Whether it has been removed here; the registry remembers it."""


def registrations(connection: Connection, artifacts_url: str) -> dict[str, Registration]:
    """The complete versions of the shop, by name.

    Args:
        connection: read from it.
        artifacts_url: of the artifact store (`ml.settings`).
    """
    live = repository.live(connection)
    switches = registry_sync.newest_switches(connection)
    return {
        each.version: Registration(
            each.version,
            f"{artifacts_url.rstrip('/')}/{each.version}",
            dict(
                _properties(
                    each,
                    alias_of(each, live),
                    repository.manifest(connection, each.version),
                    switches.get(each.version),
                )
            ),
        )
        for each in repository.versions(connection)
        if each.published_at
    }


def alias_of(version: ModelVersion, live: Live | None) -> Alias:
    """What a complete version is to the shop.

    `champion` is live, `previous` was live before it, `rejected` failed the gate, and `candidate`
    is newer than the champion and may replace it.
    """
    if live and version.version == live.version:
        return "champion"
    if live and version.version == live.previous:
        return "previous"
    if version.decision and not version.decision["promoted"]:
        return "rejected"
    return "candidate" if live is None or version.version > live.version else "none"


def digest(manifest: Manifest) -> str:
    """SHA-256 of the lines that `sha256sum` prints for the files, in the order of their paths."""
    lines = (f"{manifest[path].sha256}  {path}\n" for path in sorted(manifest))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _properties(
    version: ModelVersion, alias: Alias, manifest: Manifest | None, switch: Switch | None
) -> Iterator[tuple[str, Property]]:
    yield ALIAS, alias
    for name in ("data_until", "created_at", "published_at"):
        if instant := getattr(version, name):
            yield name, instant.isoformat()
    if version.decision:
        yield "gate", "promoted" if version.decision["promoted"] else "rejected"
        yield "gate_reason", version.decision["reason"]
    if manifest:
        yield "files", float(len(manifest))
        yield "files_sha256", digest(manifest)
    if switch:
        yield "live_since", switch.switched_at.isoformat()
        yield "live_by", switch.switched_by
        yield "live_reason", switch.reason
    for prefix, values in (("parameter", version.parameters), ("metric", version.metrics)):
        for name, value in values.items():
            if (known := _property(value)) is not None:
                yield f"{prefix}.{name}", known


def _property(value: Any) -> Property | None:
    """None for what says nothing."""
    match value:
        case None | "":
            return None
        case bool() | str():
            return value
        case int() | float():
            # A registry's whole numbers may have 32 bits; those of a float have 53.
            return float(value)
    return json.dumps(value, sort_keys=True)
