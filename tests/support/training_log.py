"""Small training logs and shops, in the order of time."""

import numpy as np
import pandas as pd

from ml.data.catalogue_table import no_items, no_users
from ml.dataset import INTERACTION_COLUMNS, ITEM_COLUMNS, USER_COLUMNS, Dataset
from ml.evaluation.ranking_models.ranking_model import InteractionMatrix


def log_of(rows: list[tuple[str, str]], *, timed: bool = False) -> pd.DataFrame:
    start = pd.Timestamp("2026-01-01", tz="UTC")
    instants = [
        start + pd.Timedelta(hours=place) if timed else pd.NaT for place in range(len(rows))
    ]
    return pd.DataFrame(
        {
            "user_id": [user for user, _ in rows],
            "item_id": [item for _, item in rows],
            "timestamp": pd.Series(instants, dtype="datetime64[ns, UTC]"),
            "interaction_type": "purchase",
            "rating": np.nan,
            "quantity": np.nan,
        }
    )


def dataset_of(rows: list[tuple[str, str]], *, timed: bool = False) -> Dataset:
    return Dataset(log_of(rows, timed=timed), no_users(), no_items())


def matrix_of(rows: list[tuple[str, str]]) -> InteractionMatrix:
    return InteractionMatrix(dataset_of(rows))


def shop_of(seen: dict[str, str], paths: dict[str, str], preferences: dict[str, str]) -> Dataset:
    """Users with the items they saw, one letter each, a day apart; items with their category."""
    start = pd.Timestamp("2026-01-01", tz="UTC")
    rows = [
        (user, item, start + pd.Timedelta(days=day), "view", np.nan, np.nan)
        for user, items in seen.items()
        for day, item in enumerate(items)
    ]
    users = [(user, preferred, start) for user, preferred in preferences.items()]
    items = [(item, item, path, *[np.nan] * 5, "", start) for item, path in paths.items()]
    return Dataset(
        pd.DataFrame(rows, columns=list(INTERACTION_COLUMNS)),
        pd.DataFrame(users, columns=list(USER_COLUMNS)),
        pd.DataFrame(items, columns=list(ITEM_COLUMNS)),
    )
