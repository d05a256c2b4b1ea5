"""A small shop of known tastes: each shopper prefers one of four categories."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from ml.dataset import Dataset
from ml.towers.bundle import Bundle
from ml.towers.config import TowersConfig
from ml.towers.training import train

CATEGORIES = ("Garden", "Kitchen", "Music", "Sports")
ITEMS_EACH = 25
USERS_EACH = 20
NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="session")
def shop() -> Dataset:
    rng = np.random.default_rng(7)
    items = pd.DataFrame(
        {
            "item_id": f"{name}-{number}",
            "product_name": f"Item {number}",
            "category": f"Shop|{name}",
            "discounted_price": rng.uniform(5, 50),
            "actual_price": 60.0,
            "discount_percentage": float("nan"),
            "rating": rng.uniform(3, 5),
            "rating_count": 10.0,
            "about_product": "",
            "arrival_date": pd.Timestamp("2026-01-01", tz="UTC"),
        }
        for name in CATEGORIES
        for number in range(ITEMS_EACH)
    )
    users = pd.DataFrame(
        {
            "user_id": f"{name}-lover-{number}",
            "preferences": name,
            "signup_date": pd.Timestamp("2026-01-01", tz="UTC"),
        }
        for name in CATEGORIES
        for number in range(USERS_EACH)
    )
    rows = []
    for user, name in zip(users["user_id"], users["preferences"], strict=True):
        for place, number in enumerate(rng.permutation(ITEMS_EACH)[:8]):
            kind = ("view", "cart", "purchase", "rate")[place % 4]
            rows.append((user, f"{name}-{number}", rng.uniform(0, 100), kind))
        rows.append((user, f"{rng.choice(CATEGORIES)}-{rng.integers(ITEMS_EACH)}", 50.0, "view"))
    interactions = pd.DataFrame(rows, columns=["user_id", "item_id", "day", "interaction_type"])
    start = pd.Timestamp("2026-01-01", tz="UTC")
    interactions["timestamp"] = start + pd.to_timedelta(interactions.pop("day"), unit="D")
    is_rating = interactions["interaction_type"] == "rate"
    interactions["rating"] = np.where(is_rating, 4.5, np.nan)
    interactions["quantity"] = float("nan")
    return Dataset(interactions, users, items)


@pytest.fixture(scope="session")
def config() -> TowersConfig:
    return TowersConfig(dim=16, epochs=8, batch_size=32)


@pytest.fixture(scope="session")
def bundle(shop: Dataset, config: TowersConfig) -> Bundle:
    return train(shop, config, seed=3)


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW
