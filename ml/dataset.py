"""The training data of models: interactions, users and items as three tables."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import isnan
from operator import attrgetter
from pathlib import Path
from typing import Self

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from streams.contracts import Interaction, InteractionType, derived_id

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

CONTENT_DIGEST = "content_digest"
"""The shop's digest of an item's content: equal digests mean equal ITEM_COLUMNS."""


def interactions_frame(interactions: Iterable[Interaction]) -> pd.DataFrame:
    """INTERACTION_COLUMNS of interactions in their order, with the dtypes that `Dataset` has."""
    frame = pd.DataFrame(
        map(attrgetter(*INTERACTION_COLUMNS), interactions), columns=list(INTERACTION_COLUMNS)
    )
    return frame.assign(interaction_type=frame["interaction_type"].map(str)).astype(
        {
            "user_id": "object",
            "item_id": "object",
            "timestamp": "datetime64[ns, UTC]",
            "interaction_type": "object",
            "rating": "float64",
            "quantity": "float64",
        }
    )


def interactions_of(frame: pd.DataFrame) -> Iterator[Interaction]:
    """The rows of INTERACTION_COLUMNS in their order, each with a timestamp; the inverse."""
    for row in frame[list(INTERACTION_COLUMNS)].itertuples(index=True, name=None):
        number, user_id, item_id, timestamp, kind, rating, quantity = row
        yield Interaction(
            interaction_id=derived_id(timestamp, "row", str(number)),
            user_id=user_id,
            item_id=item_id,
            timestamp=timestamp.to_pydatetime(warn=False),
            interaction_type=InteractionType(kind),
            rating=None if isnan(rating) else rating,
            quantity=None if isnan(quantity) else int(quantity),
        )


@dataclass(frozen=True, slots=True)
class Dataset:
    """The three tables; times are timezone-aware UTC, absent numbers are NaN, absent texts ''.

    Users and items may occur in the interactions alone: a log may have more than the catalogue.
    """

    interactions: pd.DataFrame
    """INTERACTION_COLUMNS; interaction_type is a value of `streams.contracts.InteractionType`."""
    users: pd.DataFrame
    """USER_COLUMNS, one row per user; preferences are `|`-joined names of root categories."""
    items: pd.DataFrame
    """ITEM_COLUMNS, one row per item; category is a `|`-joined path. Those of the shop have also
    CONTENT_DIGEST."""

    def known_users(self) -> pd.DataFrame:
        """USER_COLUMNS of everyone who signed up or interacted, in the order of their ids.

        Users who occur in the interactions alone have no preferences; the first interaction is
        their sign-up date.
        """
        first = self.interactions.groupby("user_id")["timestamp"].min()
        unregistered = first[~first.index.isin(self.users["user_id"])]
        without_sign_up = pd.DataFrame(
            {"user_id": unregistered.index, "preferences": "", "signup_date": unregistered.array}
        )
        frames = [frame for frame in (self.users, without_sign_up) if len(frame)]
        return pd.concat(frames or [self.users]).sort_values("user_id", ignore_index=True)

    def known_items(self) -> pd.DataFrame:
        """The columns of `items`, of all items of the catalogue or the interactions, by id.

        Items that occur in the interactions alone have no content.
        """
        uncatalogued = pd.Index(self.interactions["item_id"].unique()).difference(
            self.items["item_id"]
        )
        bare = pd.DataFrame({"item_id": uncatalogued}).reindex(columns=list(self.items))
        texts = [name for name in self.items if self.items[name].dtype == object]
        bare = bare.astype(self.items.dtypes.to_dict()).fillna(dict.fromkeys(texts, ""))
        frames = [frame for frame in (self.items, bare) if len(frame)]
        return pd.concat(frames or [self.items]).sort_values("item_id", ignore_index=True)

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
                name: read_table(folder / f"{name}.parquet")
                for name in ("interactions", "users", "items")
            }
        )


def read_table(path: Path) -> pd.DataFrame:
    """A Parquet table in which equal texts of a column are one object.

    It reads in one thread: a process that ends right after Arrow started threads may abort.
    """
    texts = [field.name for field in pq.read_schema(path) if pa.types.is_string(field.type)]
    table = pq.read_table(path, read_dictionary=texts, use_threads=False, pre_buffer=False)
    frame: pd.DataFrame = table.to_pandas(use_threads=False, split_blocks=True, self_destruct=True)
    for name in texts:
        frame[name] = frame[name].astype(object)
    return frame
