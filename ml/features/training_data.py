"""What a model is trained on, read from Feast as it was at one instant.

Feast's retrieval without an entity frame is used: every row of a view's source whose event
timestamp lies in a range. A point-in-time join over (user, item) would keep one row of an
interaction that happened twice in the same instant, and the views' time to live would hide a
shopper or a product that is older than five years. Nothing may be lost here.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import pandas as pd
from feast import FeatureStore, FeatureView
from feast.types import Float32, Float64, Int64

from ml.dataset import INTERACTION_COLUMNS, ITEM_COLUMNS, USER_COLUMNS, Dataset
from ml.features.definitions import INTERACTIONS_FEATURES, ITEM_FEATURES, USER_FEATURES
from streams.errors import ContractError
from streams.features.store import close, feast_errors, feature_store
from streams.settings import FeatureSettings

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANTS = {"timestamp", "signup_date", "arrival_date"}
_NUMBERS = {Float32, Float64, Int64}


def load_dataset(settings: FeatureSettings, until: datetime) -> Dataset:
    """Every interaction, user and item that was known at `until`, that instant included.

    Rows are in a fixed order, so that equal data trains equal models.

    Raises:
        ContractError: `until` has no time zone.
        UnavailableError: PostgreSQL does not answer, or Feast's definitions are not applied.
    """
    if until.tzinfo is None:
        raise ContractError("until: an instant needs its offset")
    with feast_errors():
        store = feature_store(settings)
        interactions = _history(store, INTERACTIONS_FEATURES, INTERACTION_COLUMNS, until)
        users = _history(store, USER_FEATURES, USER_COLUMNS, until)
        items = _history(store, ITEM_FEATURES, ITEM_COLUMNS, until)
        close(store)
    return Dataset(
        interactions=interactions.sort_values(
            ["timestamp", "user_id", "item_id", "interaction_type", "rating", "quantity"],
            ignore_index=True,
        ),
        users=users.sort_values("user_id", ignore_index=True),
        items=items.sort_values("item_id", ignore_index=True),
    )


def _history(
    store: FeatureStore, view: FeatureView, columns: Sequence[str], until: datetime
) -> pd.DataFrame:
    """The rows of a view's source up to `until`; the event timestamp is the column of instants."""
    (instant,) = _INSTANTS & set(columns)
    keys = {entity.name for entity in view.entity_columns}
    frame: pd.DataFrame = store.get_historical_features(
        features=[f"{view.name}:{name}" for name in columns if name not in keys | {instant}],
        start_date=_BEGINNING,
        end_date=until.astimezone(UTC),
    ).to_df()
    frame = frame.rename(columns={"event_timestamp": instant})[list(columns)]
    # Feast hands out UTC without saying so, and whole numbers where none is absent.
    frame[instant] = pd.to_datetime(frame[instant]).dt.as_unit("ns").dt.tz_localize(UTC)
    numbers = {field.name for field in view.schema if field.dtype in _NUMBERS}
    return frame.astype({name: "float64" for name in columns if name in numbers})
