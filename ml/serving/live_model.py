"""The live model version and what is trending, followed in the background."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from ml.registry import bundles, item_vectors, repository
from ml.registry.item_vector_files import StoredVectors
from ml.serving.dependency import Dependency
from ml.serving.live_items import LiveItems
from ml.serving.online_store import OnlineStore
from ml.settings import MlSettings
from ml.towers.user_encoder import UserEncoder
from streams.database import Database
from streams.errors import ModelError

_SECONDS_BETWEEN_READS = 2.0
_READS_BETWEEN_DEPARTURES = 5
"""The search for items that have left reads all of a version's."""
_FIRST_READ_SECONDS = 1.0
_CONNECTIONS = 8
_CONNECT_TIMEOUT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Towers:
    """What live lists are made of: both sides of one version."""

    users: UserEncoder
    items: LiveItems
    categories: Mapping[str, str]
    """Paths by item."""
    snapshot: int
    """Of the registry: vectors that were written before it are in `items`."""


@dataclass(frozen=True, slots=True)
class LiveModel:
    """One version with all that serving needs of it; a request uses one version throughout."""

    version: str
    popular: tuple[str, ...]
    spread: float
    """How far its lists are spread over categories."""
    towers: Towers | None
    """None until they are loaded, or where they cannot be."""


class LiveModelWatcher:
    """Follows the live version, its items and the trend in a thread of its own.

    It reads the live version every two seconds and loads a new one beside the old one, which
    serves until then. In between it takes over the vectors of products that arrive or change.
    """

    def __init__(self, settings: MlSettings) -> None:
        self._settings = settings
        self._database = Database(
            settings.database_url, connections=_CONNECTIONS, timeout=_CONNECT_TIMEOUT_SECONDS
        )
        self._model: LiveModel | None = None
        self._online_store = OnlineStore(self._database, settings.feast_project)
        self._trending: tuple[str, ...] = ()
        self._rejected_versions = 0
        self._newest_version_at: datetime | None = None
        self._registry = Dependency("model registry")
        self._bundles = Dependency("model bundle")
        self._vectors = Dependency("item vectors")
        self._reads_of_items = 0
        self._trends = Dependency("what is trending")
        self._has_read = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="live-model", daemon=True)
        self._thread.start()

    @property
    def database(self) -> Database:
        """Connections to what serving reads."""
        return self._database

    @property
    def online_store(self) -> OnlineStore:
        """Feast's online store."""
        return self._online_store

    @property
    def trending(self) -> tuple[str, ...]:
        """Items that are trending in the whole shop, best first; none while Feast is away."""
        return self._trending

    @property
    def rejected_versions(self) -> int:
        """How many of the newest versions in a row the gate has rejected."""
        return self._rejected_versions

    @property
    def newest_version_at(self) -> datetime | None:
        """When the pipeline made the newest version, promoted or not; None where there is none."""
        return self._newest_version_at

    def current(self) -> LiveModel | None:
        """The live version, or None; the first call may wait up to one second for it."""
        self._has_read.wait(_FIRST_READ_SECONDS)
        return self._model

    def close(self) -> None:
        """End the thread and its connections."""
        self._stopping.set()
        self._thread.join()
        self._database.close()

    def _watch(self) -> None:
        while True:
            self._registry.call(self._read)
            self._has_read.set()
            self._trending = self._trends.call(self._online_store.trending) or ()
            if self._model and self._model.towers is None:
                self._model = self._with_towers(self._model)
            self._follow_items()
            if self._stopping.wait(_SECONDS_BETWEEN_READS):
                return

    def _read(self) -> None:
        with self._database.connection() as connection:
            self._rejected_versions = repository.rejected_in_a_row(connection)
            self._newest_version_at = repository.newest_version_at(connection)
            version = repository.live_version(connection)
            if version is None or (self._model and self._model.version == version):
                return
            kept = {each.version: each for each in repository.versions(connection)}
            popular = repository.popular_items(connection, version)
            # A version of an earlier release does not say how its lists are spread.
            spread = kept[version].parameters.get("spread", self._settings.spread)
            model = LiveModel(version, popular, spread, None)
        # While the first one loads, the lists that do not need it are served.
        self._model = self._with_towers(model) if self._model else model
        bundles.prune(self._settings.models_dir, kept)

    def _with_towers(self, model: LiveModel) -> LiveModel:
        return replace(model, towers=self._bundles.call(lambda: self._load(model.version)))

    def _load(self, version: str) -> Towers:
        connect = self._database.connection
        folder = bundles.folder_of(version, self._settings, connect)
        users = UserEncoder.load(folder)
        stored = StoredVectors.of(folder, version, connect)
        if stored.vectors.shape[1] != users.dim:
            raise ModelError(
                f"version {version} has users of {users.dim} dimensions"
                f" and items of {stored.vectors.shape[1]}"
            )
        self._reads_of_items = 0
        with connect() as connection:
            categories = repository.item_categories(connection)
        items = LiveItems.of(stored.item_ids, stored.vectors)
        return Towers(users, items, categories, stored.snapshot)

    def _follow_items(self) -> None:
        """Take over what changed in the version's vectors and in the catalogue."""
        model = self._model
        if model and (towers := model.towers):
            followed = self._vectors.call(lambda: self._followed(model.version, towers))
            self._model = replace(model, towers=followed or towers)

    def _followed(self, version: str, towers: Towers) -> Towers:
        departed = None
        with self._database.connection() as connection:
            snapshot = item_vectors.snapshot(connection)
            changed = item_vectors.changed_item_vectors(connection, version, towers.snapshot)
            if self._reads_of_items % _READS_BETWEEN_DEPARTURES == 0:
                departed = item_vectors.departed_items(connection, version)
            categories = towers.categories
            if changed:
                categories = repository.item_categories(connection)
        self._reads_of_items += 1
        items = towers.items.updated(changed, departed)
        return Towers(towers.users, items, categories, snapshot)
