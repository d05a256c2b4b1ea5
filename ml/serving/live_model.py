"""The live model version, what is trending and the shop's rules, followed in the background."""

import threading
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from ml.registry import (
    bought_together,
    bundles,
    catalogue,
    item_vectors,
    registry_sync,
    repository,
)
from ml.registry.item_vector_files import StoredVectors
from ml.serving.active_rules import ActiveRule, active_rules
from ml.serving.bought_together import NOTHING, BoughtTogether
from ml.serving.catalogue import Catalogue, Categories
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
_READS_BETWEEN_TARGETS = 5
"""The products of a merchandising rule; those of a new rule are read at once."""
_READS_BETWEEN_CATEGORIES = 150
"""They rarely change; those of new products are read as soon as these have vectors."""
_FIRST_READ_SECONDS = 1.0
_NEW_DAYS = 30
_NEWEST = 200
"""Of those that arrived in so many days, at most."""
_CONNECTIONS = 8
"""One is the thread's, the others are for requests."""
_CONNECT_TIMEOUT_SECONDS = 2.0
_READ_BUDGET = timedelta(milliseconds=200)
"""Of a read at a request, and so long it may wait for a connection."""

_Known = TypeVar("_Known")


@dataclass(frozen=True, slots=True)
class Towers:
    """What live lists are made of: both sides of one version."""

    users: UserEncoder
    items: LiveItems
    snapshot: int
    """Of the registry: vectors that were written before it are in `items`."""
    departed: frozenset[str] | None = None
    """The items that are no longer in the catalogue; None until that is known."""


@dataclass(frozen=True, slots=True)
class LiveModel:
    """One version with all that serving needs of it; a request uses one version throughout."""

    version: str
    popular: tuple[str, ...]
    spread: float
    """How far its lists are spread over categories."""
    towers: Towers | None
    """None until they are loaded, or where they cannot be."""
    bought_together: BoughtTogether = NOTHING


class LiveModelWatcher:
    """Follows the live version, its items and the trend in a thread of its own.

    It reads the live version every two seconds and loads a new one beside the old one, which
    serves until then. In between it takes over the vectors of products that arrive or change.
    """

    def __init__(self, settings: MlSettings) -> None:
        self._settings = settings
        # What the thread reads of a version takes seconds, what a request reads must not.
        self._database = Database(
            settings.database_url, connections=1, timeout=_CONNECT_TIMEOUT_SECONDS
        )
        self._request_database = Database(
            settings.database_url,
            connections=_CONNECTIONS - 1,
            timeout=_READ_BUDGET.total_seconds(),
            read_limit=_READ_BUDGET,
        )
        self._model: LiveModel | None = None
        self._online_store = OnlineStore(self._request_database, settings.feast_project)
        self._catalogue = Catalogue()
        self._rules: tuple[ActiveRule, ...] = ()
        self._rejected_versions = 0
        self._newest_version_at: datetime | None = None
        self._registry_behind_since: datetime | None = None
        self._registry = Dependency("model registry")
        self._bundles = Dependency("model bundle")
        self._vectors = Dependency("item vectors")
        self._products = Dependency("the shop's products")
        self._merchandising = Dependency("merchandising rules")
        self._reads = 0
        self._trends = Dependency("what is trending")
        self._has_read = threading.Event()
        self._has_loaded = threading.Event()
        self._first_read_until = time.monotonic() + _FIRST_READ_SECONDS
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="live-model", daemon=True)
        self._thread.start()

    @property
    def database(self) -> Database:
        """For the reads of a request, each of one statement: it fails after its time budget."""
        return self._request_database

    @property
    def online_store(self) -> OnlineStore:
        """Feast's online store."""
        return self._online_store

    @property
    def catalogue(self) -> Catalogue:
        """The shop's products and what is trending, as of the last look."""
        return self._catalogue

    @property
    def rules(self) -> tuple[ActiveRule, ...]:
        """The merchandising rules as of the last look; some of them may have ended since."""
        return self._rules

    @property
    def rejected_versions(self) -> int:
        """How many of the newest versions in a row the gate has rejected."""
        return self._rejected_versions

    @property
    def newest_version_at(self) -> datetime | None:
        """When the pipeline made the newest version, promoted or not; None where there is none."""
        return self._newest_version_at

    @property
    def registry_behind_since(self) -> datetime | None:
        """Since when the model registry has lacked a change; None where it has all, or is none."""
        return self._registry_behind_since

    def current(self) -> LiveModel | None:
        """The live version, or None; in the first second calls wait for it."""
        if not self._has_read.is_set():
            self._has_read.wait(max(0.0, self._first_read_until - time.monotonic()))
        return self._model

    def wait_until_loaded(self, seconds: float) -> None:
        """Wait until the version and the catalogue have been read once, if they could be."""
        self._has_loaded.wait(seconds)

    def close(self) -> None:
        """End the thread and its connections."""
        self._stopping.set()
        self._thread.join()
        self._database.close()
        self._request_database.close()

    def _watch(self) -> None:
        while True:
            self._registry.call(self._read)
            self._has_read.set()
            self._follow_catalogue()
            self._follow_rules()
            if self._model and self._model.towers is None:
                self._model = self._with_towers(self._model)
            self._follow_items()
            self._has_loaded.set()
            self._reads += 1
            if self._stopping.wait(_SECONDS_BETWEEN_READS):
                return

    def _read(self) -> None:
        with self._database.connection() as connection:
            self._rejected_versions = repository.rejected_in_a_row(connection)
            self._newest_version_at = repository.newest_version_at(connection)
            registry = registry_sync.state(connection)
            self._registry_behind_since = registry.behind_since if registry else None
            version = repository.live_version(connection)
            if version is None or (self._model and self._model.version == version):
                return
            kept = {each.version: each for each in repository.versions(connection)}
            popular = repository.popular_items(connection, version)
            # A version of an earlier release does not say how its lists are spread.
            spread = kept[version].parameters.get("spread", self._settings.spread)
            together = BoughtTogether.of(bought_together.read(connection, version))
            model = LiveModel(version, popular, spread, None, together)
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
        return Towers(users, LiveItems.of(stored.item_ids, stored.vectors), stored.snapshot)

    def _follow_catalogue(self) -> None:
        trending = self._trends.call(self._online_store.trending) or ()
        known = replace(self._catalogue, trending=_kept(self._catalogue.trending, trending))
        self._catalogue = self._products.call(lambda: self._catalogue_since(known)) or known

    def _follow_rules(self) -> None:
        known = () if self._reads % _READS_BETWEEN_TARGETS == 0 else self._rules

        def read() -> tuple[ActiveRule, ...]:
            with self._database.connection() as connection:
                return active_rules(connection, known)

        found = self._merchandising.call(read)
        self._rules = self._rules if found is None else found

    def _catalogue_since(self, known: Catalogue) -> Catalogue:
        with self._database.connection() as connection:
            unavailable = catalogue.unavailable_items(connection, self._settings.region)
            left_out = _kept(known.unavailable, frozenset(unavailable))
            known = replace(known, unavailable=left_out)
            if self._reads % _READS_BETWEEN_DEPARTURES == 0:
                newest = catalogue.newest_items(connection, _NEWEST, days=_NEW_DAYS)
                known = replace(known, newest=_kept(known.newest, newest))
            if self._reads % _READS_BETWEEN_CATEGORIES == 0 or not known.categories.paths:
                categories = Categories(catalogue.item_categories(connection))
                known = replace(
                    known,
                    categories=_kept(known.categories, categories),
                    brands=_kept(known.brands, catalogue.item_brands(connection)),
                )
        return known

    def _follow_items(self) -> None:
        """Take over what changed in the version's vectors and in the catalogue."""
        model = self._model
        if model and (towers := model.towers):
            followed = self._vectors.call(lambda: self._followed(model.version, towers))
            self._model = replace(model, towers=followed or towers)

    def _followed(self, version: str, towers: Towers) -> Towers:
        with self._database.connection() as connection:
            snapshot = item_vectors.snapshot(connection)
            changed = item_vectors.changed_item_vectors(connection, version, towers.snapshot)
            if self._reads % _READS_BETWEEN_DEPARTURES == 0 or towers.departed is None:
                departed = frozenset(item_vectors.departed_items(connection, version))
            else:
                departed = towers.departed
            if changed:
                categories = Categories(catalogue.item_categories(connection))
                self._catalogue = replace(self._catalogue, categories=categories)
        items = towers.items.updated(changed, departed | self._catalogue.unavailable)
        return Towers(towers.users, items, snapshot, departed)


def _kept(before: _Known, now: _Known) -> _Known:
    """The object of before, if it says the same: what was made of it is good as long."""
    return before if before == now else now
