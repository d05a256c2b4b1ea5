"""Small training logs: pairs of a user and an item, in the order of time."""

import numpy as np
import pandas as pd

from ml.data.catalogue_table import no_items, no_users
from ml.dataset import Dataset
from ml.evaluation.contenders.training import Training


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


def training_of(rows: list[tuple[str, str]]) -> Training:
    return Training(dataset_of(rows))
