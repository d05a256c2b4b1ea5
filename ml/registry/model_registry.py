"""Copies of the versions in a model registry: it is made to look like PostgreSQL.

What is live is decided by PostgreSQL alone. A registry that is away harms nothing: the next copy
catches up, because each one compares everything.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Protocol

import psycopg

from ml.registry import registry_sync
from ml.registry.registration import ALIAS, Registration, registrations
from ml.settings import MlSettings
from streams.errors import ConfigurationError, UnavailableError


class ModelRegistry(Protocol):
    """A home of the versions beside PostgreSQL.

    Its methods raise UnavailableError where it does not answer, or refuses.
    """

    def versions(self) -> dict[str, Registration]:
        """What it holds, the archived ones too, whose `uri` may be empty."""
        ...

    def write(self, registration: Registration) -> None:
        """Add a version, or make the one of that name equal to this."""
        ...


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy did."""

    versions: int
    """How many the registry holds that are not archived."""
    written: tuple[str, ...]
    """Versions that were added or changed."""
    error: str | None = None
    """Why it ended early; None where the registry has everything."""

    def __str__(self) -> str:
        """One sentence."""
        if self.error:
            return f"the model registry lacks the newest changes: {self.error}"
        changed = f"{len(self.written)} of them new or changed" if self.written else "none changed"
        return f"the model registry has {self.versions} versions, {changed}"


Open = Callable[[MlSettings], AbstractContextManager[ModelRegistry]]


def copy_versions(settings: MlSettings, open_registry: Open | None = None) -> Copied:
    """Copy what the registry lacks; it can be repeated and interrupted at any time.

    Args:
        settings: of the database, the artifact store and the registry.
        open_registry: opens the registry; by default Kubeflow's.

    Returns:
        What was done. A registry that is away is no exception: the error is in here and is kept in
        PostgreSQL, where `registry_sync.state` finds it.

    Raises:
        ConfigurationError: the settings name no registry.
        UnavailableError: PostgreSQL does not answer, or another copy takes too long.
    """
    if settings.model_registry_url is None:
        raise ConfigurationError("no model registry is named: set RECSYS_MODEL_REGISTRY_URL")
    try:
        with psycopg.connect(settings.database_url) as connection:
            instant = registry_sync.begin(connection)
            here = registrations(connection, settings.artifacts)
            try:
                with (open_registry or _kubeflow)(settings) as registry:
                    written = make_equal(registry, here)
            except UnavailableError as error:
                registry_sync.failed(connection, instant, str(error))
                return Copied(len(here), (), str(error))
            registry_sync.succeeded(connection, instant)
    except psycopg.OperationalError as error:
        raise UnavailableError(f"PostgreSQL does not answer: {error}") from error
    return Copied(len(here), written)


def make_equal(registry: ModelRegistry, here: Mapping[str, Registration]) -> tuple[str, ...]:
    """Write what differs, and archive what is not here any longer; returns those versions."""
    there = registry.versions()
    changes = [each for each in here.values() if there.get(each.version) != each]
    changes += [
        replace(each, archived=True, properties={**each.properties, ALIAS: "none"})
        for each in there.values()
        if each.version not in here and not each.archived
    ]
    # The champion comes last: there are never two of that alias.
    changes.sort(key=lambda each: each.properties[ALIAS] == "champion")
    for each in changes:
        registry.write(each)
    return tuple(sorted(each.version for each in changes))


def _kubeflow(settings: MlSettings) -> AbstractContextManager[ModelRegistry]:
    from ml.registry.kubeflow import KubeflowModelRegistry

    return KubeflowModelRegistry.open(settings)
