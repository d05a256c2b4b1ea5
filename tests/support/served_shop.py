"""A filled shop whose recommender tests ask."""

from collections.abc import Callable
from datetime import UTC, datetime

import psycopg

from ml.dataset import Dataset
from ml.publication import publish
from ml.ranking.ranker import Ranker
from ml.registry import repository
from ml.serving.recommender import Recommender
from ml.settings import MlSettings
from ml.towers.bundle import Bundle
from ml.towers.config import TowersConfig
from ml.towers.training import train

CONFIG = TowersConfig(epochs=15, dim=16, text_encoder=None)
Eventually = Callable[[Callable[[], bool], float], None]


class Shop:
    """A filled shop with versions to publish, and one recommender on it."""

    def __init__(self, settings: MlSettings, dataset: Dataset) -> None:
        self.settings = settings
        self.dataset = dataset
        self.until = datetime.now(UTC)
        self.recommender = Recommender(settings)

    def publish(self, seed: int) -> Bundle:
        bundle = train(self.dataset, CONFIG, seed=seed)
        bundle.version = f"{seed:04}-{bundle.version}"
        publish(
            Ranker(bundle, {}, {"two_tower": 1.0}),
            self.dataset,
            self.settings,
            until=self.until,
            parameters={},
            metrics={},
            progress=lambda *_: None,
        )
        return bundle

    def switch(self, version: str) -> None:
        with psycopg.connect(self.settings.database_url) as connection:
            repository.switch_live(connection, version, by="a test", reason="test", to_older=True)

    def is_served_live(self) -> bool:
        """Whether the bundle is loaded: a new user with a preference is encoded."""
        return self.recommender.recommend("probe", ["Books"], 5).source == "live"

    def met_by(self, user_id: str, *kinds: str) -> set[str]:
        met = self.dataset.interactions.query("user_id == @user_id")
        return set(met.loc[met["interaction_type"].isin(kinds) if kinds else met.index, "item_id"])
