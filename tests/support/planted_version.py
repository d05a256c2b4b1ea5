"""A live version without its files: a list of one shopper, who has done something since."""

from datetime import UTC, datetime, timedelta

import numpy as np
import psycopg

from ml.features.online import OnlineFeatures
from ml.registry import item_vectors, repository
from ml.registry.repository import ModelVersion
from ml.settings import MlSettings
from support.interactions import interaction

VERSION = "20260101T000000Z-00000000"
LISTED, POPULAR = ("i01", "i02", "i03"), ("i07", "i08")


def plant(settings: MlSettings, features: OnlineFeatures) -> None:
    """Publish it, and have u00 view i09 after its training."""
    now = datetime.now(UTC)
    with psycopg.connect(settings.database_url) as connection:
        repository.register(connection, ModelVersion(VERSION))
        vectors = np.ones((1, 4), np.float32)
        item_vectors.write_item_vectors(connection, VERSION, ["i01"], vectors, [None])
        repository.write_popular_items(connection, VERSION, POPULAR)
        features.add_lists(VERSION, [("u00", LISTED)], until=now - timedelta(days=2))
        repository.mark_published(connection, VERSION)
        repository.switch_live(connection, VERSION, by="a test", reason="test")
    features.extend_live_histories([interaction("u00", "i09", "view", now - timedelta(days=1))])
