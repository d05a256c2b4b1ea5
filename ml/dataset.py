"""What a model is trained on: interactions, users and items as three tables."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pandas as pd

INTERACTION_COLUMNS = ("user_id", "item_id", "timestamp", "interaction_type", "rating", "quantity")
USER_COLUMNS = ("user_id", "preferences", "signup_date")
ITEM_COLUMNS = (
    "item_id",
    "product_name",
    "category",
    "discounted_price",
    "actual_price",
    "discount_percentage",
    "rating",
    "rating_count",
    "about_product",
    "arrival_date",
)


@dataclass(frozen=True, slots=True)
class Dataset:
    """The three tables; instants are timezone-aware UTC, absent numbers are NaN, absent texts ''.

    Users or items may occur in the interactions alone: a log knows more than a catalogue does.
    """

    interactions: pd.DataFrame
    """INTERACTION_COLUMNS; interaction_type is a value of `streams.contracts.InteractionType`."""
    users: pd.DataFrame
    """USER_COLUMNS, one row a user; preferences are `|`-joined category names."""
    items: pd.DataFrame
    """ITEM_COLUMNS, one row an item; category is a `|`-joined path."""

    def save(self, folder: Path) -> None:
        """Write the tables as three Parquet files into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("interactions", "users", "items"):
            getattr(self, name).to_parquet(folder / f"{name}.parquet", index=False)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        return cls(
            **{
                name: pd.read_parquet(folder / f"{name}.parquet")
                for name in ("interactions", "users", "items")
            }
        )
