"""Feast's online store as serving reads it."""

from collections.abc import Iterator
from contextlib import contextmanager

from ml.serving.online_store import OnlineStore
from streams.database import Database
from streams.settings import FeatureSettings


@contextmanager
def served_features(settings: FeatureSettings) -> Iterator[OnlineStore]:
    """What a web worker would read with these settings."""
    database = Database(settings.database_url, connections=4, timeout=5)
    try:
        yield OnlineStore(database, settings.feast_project)
    finally:
        database.close()
