"""A shop that publishes; a process that is spawned can import it."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from ml.dataset import Dataset
from ml.features.training_data import load_dataset
from ml.publication import publish
from ml.ranking.ranker import Ranker
from ml.registry import bundles, repository
from ml.settings import MlSettings
from ml.towers.bundle import Bundle
from ml.towers.config import TowersConfig
from ml.towers.training import train

_CONFIG = TowersConfig(epochs=2, dim=8, text_encoder=None)


class Shop:
    """A filled shop whose versions go to the object storage."""

    def __init__(self, settings: MlSettings, taste_shop: Any) -> None:
        taste_shop.write(settings.database_url)
        self.settings = settings
        self.dataset = load_dataset(settings, datetime.now(UTC))

    def train(self, seed: int) -> Bundle:
        return train(self.dataset, _CONFIG, seed=seed)

    def publish(
        self,
        bundle: Bundle,
        progress: Callable[[str, int, int], None] = lambda *_: None,
        *,
        dataset: Dataset | None = None,
        until: datetime | None = None,
        **gate: Any,
    ) -> str:
        publish(
            Ranker(bundle, {}, {"two_tower": 1.0}),
            dataset or self.dataset,
            self.settings,
            until=until or datetime.now(UTC),
            parameters={},
            metrics={},
            progress=progress,
            **gate,
        )
        return bundle.version

    def live(self) -> repository.Live | None:
        with psycopg.connect(self.settings.database_url) as connection:
            return repository.live(connection)

    def live_version(self) -> str | None:
        live = self.live()
        return live.version if live else None

    def count(self, table: str) -> int:
        with psycopg.connect(self.settings.database_url) as connection:
            row = connection.execute(f"select count(*) from {table}").fetchone()
        assert row is not None
        return int(row[0])

    def fetch(self, version: str, folder: Path) -> Path:
        connect = partial(psycopg.connect, self.settings.database_url)
        elsewhere = self.settings.model_copy(update={"models_dir": folder})
        return bundles.folder_of(version, elsewhere, connect)


def publish_and_stay(shop: Shop, bundle: Bundle, written: Any) -> None:
    """Set the event `written` as soon as a version's files are stored, and stay until killed."""

    def stay(what: str, _done: int, _total: int) -> None:
        if what == "files":
            written.set()
            time.sleep(600)

    shop.publish(bundle, stay)
