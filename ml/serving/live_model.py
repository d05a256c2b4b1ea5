"""The live model version and what is trending, followed in the background."""

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ml.registry import bundles, repository
from ml.serving.dependency import Dependency
from ml.settings import MlSettings
from streams.database import Database

if TYPE_CHECKING:
    from ml.features.online import OnlineFeatures
    from ml.towers.bundle import Bundle

_SECONDS_BETWEEN_READS = 2.0
_FIRST_READ_SECONDS = 1.0
_CONNECTIONS = 4
_CONNECT_TIMEOUT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class LiveModel:
    """One version with all that serving needs of it; a request uses one version throughout."""

    version: str
    popular: tuple[str, ...]
    bundle: "Bundle | None"
    """None until it is loaded, or where it cannot be."""


class LiveModelWatcher:
    """Follows the live version and the trend in a thread of its own.

    It reads the live version every two seconds and loads a new bundle beside the old one, which
    serves until then. All heavy imports happen in its thread, so that a web worker starts at once.
    """

    def __init__(self, settings: MlSettings) -> None:
        self._settings = settings
        self._database = Database(
            settings.database_url, connections=_CONNECTIONS, timeout=_CONNECT_TIMEOUT_SECONDS
        )
        self._model: LiveModel | None = None
        self._features: OnlineFeatures | None = None
        self._trending: tuple[str, ...] = ()
        self._rejected_versions = 0
        self._registry = Dependency("model registry")
        self._bundles = Dependency("model bundle")
        self._trends = Dependency("what is trending")
        self._has_read = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="live-model", daemon=True)
        self._thread.start()

    @property
    def database(self) -> Database:
        """Connections to the vectors."""
        return self._database

    @property
    def features(self) -> "OnlineFeatures | None":
        """The Feast online store; None until it is imported."""
        return self._features

    @property
    def trending(self) -> tuple[str, ...]:
        """Items that are trending in the whole shop, best first; none while Feast is away."""
        return self._trending

    @property
    def rejected_versions(self) -> int:
        """How many of the newest versions in a row the gate has rejected."""
        return self._rejected_versions

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
            if self._features is None:
                self._features = self._bundles.call(self._connect_features)
            if self._features:
                self._trending = self._trends.call(self._features.trending) or ()
            if self._model and self._model.bundle is None:
                self._model = self._with_bundle(self._model)
            if self._stopping.wait(_SECONDS_BETWEEN_READS):
                return

    def _read(self) -> None:
        with self._database.connection() as connection:
            self._rejected_versions = repository.rejected_in_a_row(connection)
            version = repository.live_version(connection)
            if version is None or (self._model and self._model.version == version):
                return
            model = LiveModel(version, repository.popular_items(connection, version), None)
            kept = {each.version for each in repository.versions(connection)}
        # While the first bundle loads, the lists that do not need it are served.
        self._model = self._with_bundle(model) if self._model else model
        bundles.prune(self._settings.models_dir, kept)

    def _with_bundle(self, model: LiveModel) -> LiveModel:
        return LiveModel(
            model.version, model.popular, self._bundles.call(lambda: self._load(model.version))
        )

    def _load(self, version: str) -> "Bundle":
        from ml.towers.bundle import Bundle  # brings torch with it

        models_dir = self._settings.models_dir
        return Bundle.load(bundles.folder_of(version, models_dir, self._database.connection))

    def _connect_features(self) -> "OnlineFeatures":
        from ml.features.online import OnlineFeatures  # brings Feast with it

        return OnlineFeatures(self._settings)
