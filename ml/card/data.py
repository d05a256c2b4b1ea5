"""What a model was trained on, in figures."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Self

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict

from ml.dataset import Dataset

_INSTANTS = {"timestamp", "signup_date", "arrival_date"}
_CONTENT = ("category", "about_product", "discounted_price", "rating")


class DataSummary(BaseModel):
    """Counts, span and checksum of a dataset."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    interactions: int
    users: int
    """Those who signed up or interacted."""
    users_with_preferences: int
    items: int
    """In the catalogue."""
    items_with_interactions: int
    first: datetime | None
    """First instant of the interactions; None where none is known."""
    last: datetime | None
    interaction_types: Mapping[str, int]
    """Interactions by type."""
    content: Mapping[str, float]
    """Share of the catalogue's items that have each field."""
    sha256: str
    """Checksum of all rows, whatever their order: the same data has the same checksum."""

    @classmethod
    def of(cls, dataset: Dataset) -> Self:
        """Summarise the three tables."""
        log, items = dataset.interactions, dataset.items
        users = dataset.known_users()
        instants = log["timestamp"].dropna()
        types = log["interaction_type"].astype(str).value_counts().sort_index()
        return cls(
            interactions=len(log),
            users=len(users),
            users_with_preferences=int((users["preferences"] != "").sum()),
            items=len(items),
            items_with_interactions=log["item_id"].nunique(),
            first=instants.min() if len(instants) else None,
            last=instants.max() if len(instants) else None,
            interaction_types={str(name): int(count) for name, count in types.items()},
            content={name: _known_share(items[name]) for name in _CONTENT},
            sha256=_checksum(dataset),
        )


def _known_share(column: "pd.Series[str]") -> float:
    known = column.notna() & (column != "")
    return float(known.mean()) if len(column) else 0.0


def _checksum(dataset: Dataset) -> str:
    digest = hashlib.sha256()
    for table in (dataset.interactions, dataset.users, dataset.items):
        same_unit = table.astype(dict.fromkeys(_INSTANTS & set(table), "datetime64[ns, UTC]"))
        # The order in which a database returns rows is not part of the data.
        rows = pd.util.hash_pandas_object(same_unit, index=False).to_numpy()
        digest.update(np.sort(rows).tobytes())
    return digest.hexdigest()
