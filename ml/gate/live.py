"""The live version, as far as the gate compares with it."""

from dataclasses import dataclass
from functools import partial
from typing import Self

import psycopg

from ml.gate import twin
from ml.ranking.ranker import Ranker
from ml.registry import bundles, repository
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
            item_ids = frozenset(repository.item_ids(connection, version))
        folder = bundles.folder_of(version, settings.models_dir, connect)
        try:
            found = twin.load(folder / twin.FOLDER)
        except ModelError:
            found = None
        users = int(model.metrics.get("held_out_users", 0))
        return cls(version, item_ids, users, found)
