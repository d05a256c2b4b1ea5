"""The live version, as far as the gate compares with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import psycopg

from ml.evaluation.metrics import METRICS
from ml.gate import twin
from ml.gate.decision import Decision
from ml.ranking.ranker import Ranker
from ml.registry import bundles, item_vectors, repository
from ml.settings import MlSettings
from streams.errors import ModelError


@dataclass(frozen=True, slots=True)
class LiveVersion:
    """What the shop serves now."""

    version: str
    item_ids: frozenset[str]
    evaluated_users: int
    """On whom its twin was evaluated; 0 where nothing was measured."""
    twin: Ranker | None
    """None where the version was not measured, or is of a release whose twin cannot be read."""
    beat_popularity: bool = True
    """Whether its twin was surely better than popularity, so that a later one has to be, too."""

    @classmethod
    def read(cls, settings: MlSettings) -> Self | None:
        """Read it from the registry; None before the first version.

        Raises:
            ModelError: the registry does not hold its files.
        """
        connect = partial(psycopg.connect, settings.database_url)
        with connect() as connection:
            version = repository.live_version(connection)
            if version is None:
                return None
            (model,) = [each for each in repository.versions(connection) if each.version == version]
            item_ids = frozenset(item_vectors.item_ids(connection, version))
        folder = bundles.folder_of(version, settings, connect, twin.FOLDER)
        try:
            found = twin.load(folder / twin.FOLDER)
        except ModelError:
            found = None
        users = int(model.metrics.get("held_out_users", 0))
        return cls(version, item_ids, users, found, _beat_popularity(model.decision))


def _beat_popularity(decision: Mapping[str, Any] | None) -> bool:
    """What its decision says; True for a version of a release without the gate."""
    if decision is None:
        return True
    checks = {check.name: check.passed for check in Decision.model_validate(decision).checks}
    return all(checks.get(f"{name}_against_popularity", False) for name in METRICS)
