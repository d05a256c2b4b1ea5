"""Data and settings for the tests of features, pipeline and serving."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import numpy as np
import psycopg
import pytest

from ml.features.online import OnlineFeatures
from ml.features.training_data import load_dataset
from ml.settings import MlSettings
from support.served_shop import Shop

CATEGORIES = ("Books", "Garden", "Music", "Tools")


@dataclass
class ShopData:
    """Rows of the tables that the rest of the system fills."""

    products: list[tuple[object, ...]] = field(default_factory=list)
    """item_id, product_name, category, arrival_date"""
    users: list[tuple[object, ...]] = field(default_factory=list)
    """user_id, user_name, preferences, signup_date"""
    interactions: list[tuple[object, ...]] = field(default_factory=list)
    """interaction_id, user_id, item_id, timestamp, interaction_type, quantity, rating"""

    def write(self, database_url: str) -> None:
        with psycopg.connect(database_url) as connection, connection.cursor() as cursor:
            _copy(
                cursor,
                "shop.products (item_id, product_name, category, arrival_date)",
                self.products,
            )
            _copy(
                cursor,
                "events.new_users (user_id, user_name, preferences, signup_date)",
                self.users,
            )
            _copy(
                cursor,
                "events.interactions (interaction_id, user_id, item_id, timestamp,"
                " interaction_type, quantity, rating)",
                self.interactions,
            )


def _copy(cursor: psycopg.Cursor, target: str, rows: Sequence[tuple[object, ...]]) -> None:
    with cursor.copy(f"copy {target} from stdin") as copy:
        for row in rows:
            copy.write_row(row)


def _taste_shop(now: datetime, shoppers: int) -> ShopData:
    """Shoppers who buy in one category each, of eighty products in four categories."""
    random = np.random.default_rng(7)
    start = now - timedelta(days=30)
    shop = ShopData()
    for number in range(80):
        category = CATEGORIES[number % 4]
        shop.products.append((f"i{number:02}", f"{category} {number}", category, start))
    for number in range(shoppers):
        taste = number % 4
        shop.users.append((f"u{number:02}", f"Shopper {number}", CATEGORIES[taste], start))
        for position, place in enumerate(random.permutation(20)[:8]):
            at = start + timedelta(days=int(position), seconds=int(random.integers(80_000)))
            kind = ("view", "cart", "purchase")[position % 3]
            item = f"i{place * 4 + taste:02}"
            row = (uuid4(), f"u{number:02}", item, at, kind, None, None)
            shop.interactions.append(row)
    return shop


@pytest.fixture
def taste_shop() -> ShopData:
    return _taste_shop(datetime.now(UTC), 60)


@pytest.fixture
def larger_taste_shop() -> ShopData:
    """With enough shoppers in its last days to measure a version by."""
    return _taste_shop(datetime.now(UTC), 160)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> MlSettings:
    return MlSettings(database_url=database_url, models_dir=tmp_path / "models", top_k=10)


@pytest.fixture
def features(settings: MlSettings) -> Iterator[OnlineFeatures]:
    online = OnlineFeatures(settings)
    yield online
    online.close()


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool], float], None]:
    def wait(condition: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "it did not come true in time"
            time.sleep(0.05)

    return wait


@pytest.fixture
def shop(settings: MlSettings, taste_shop: ShopData) -> Iterator[Shop]:
    """A filled shop without a version, and a recommender on it."""
    taste_shop.write(settings.database_url)
    shop = Shop(settings, load_dataset(settings, datetime.now(UTC)))
    yield shop
    shop.recommender.close()
