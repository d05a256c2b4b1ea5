"""Feast's definitions: entities, feature views, push sources and services.

The views of users, items and interactions read the shop's own tables. The pipeline or the stream
processor pushes the others; Feast requires a batch source of each push source, so theirs declares
the columns and holds no rows.
"""

from collections.abc import Sequence
from datetime import timedelta

from feast import Entity, FeatureService, FeatureView, Field, PushSource, ValueType
from feast.data_source import DataSource
from feast.infra.offline_stores.contrib.postgres_offline_store.postgres_source import (
    PostgreSQLSource,
)
from feast.types import Array, FeastType, Float32, Float64, Int64, String, UnixTimestamp

from streams.contracts import ColumnType, Interaction
from streams.features.online import LIVE_HISTORY_SOURCE, TRENDING_SOURCE

TTL = timedelta(days=5 * 365)

USER = Entity(name="user", join_keys=["user_id"], value_type=ValueType.STRING)
ITEM = Entity(name="item", join_keys=["item_id"], value_type=ValueType.STRING)
MODEL = Entity(name="model", join_keys=["model_version"], value_type=ValueType.STRING)
"""A version of the model."""
CATEGORY = Entity(name="category", join_keys=["category"], value_type=ValueType.STRING)
"""A category path; the empty one is the whole shop."""

_SQL_TYPES: dict[FeastType, str] = {
    String: "text",
    Array(String): "text[]",
    Array(Float32): "real[]",
}

_CONTRACT_TYPES: dict[ColumnType, tuple[FeastType, str]] = {
    "uuid": (String, "text"),
    "instant": (UnixTimestamp, "timestamptz"),
    "text": (String, "text"),
    "integer": (Int64, "bigint"),
    "number": (Float64, "double precision"),
}
"""Feast's type, and the type to which a column is cast for it."""

_WITHOUT = {"session_id", "surface", "position", "model_version", "experiment"}
"""Fields of an interaction that are no features: they say how the shopper reached the item."""


def _pushed(name: str, keys: Sequence[str], features: dict[str, FeastType]) -> PushSource:
    declared = {**dict.fromkeys(keys, String), **features}
    columns = ", ".join(
        f"null::{_SQL_TYPES[kind]} as {column}" for column, kind in declared.items()
    )
    return PushSource(
        name=name,
        batch_source=PostgreSQLSource(
            name=f"{name}_batch",
            query=f"select {columns}, null::timestamptz as event_timestamp where false",
            timestamp_field="event_timestamp",
        ),
    )


def _view(
    name: str,
    entities: list[Entity],
    features: dict[str, FeastType],
    source: DataSource,
    *,
    online: bool = True,
) -> FeatureView:
    keys = [Field(name=entity.join_key, dtype=String) for entity in entities]
    return FeatureView(
        name=name,
        entities=entities,
        ttl=TTL,
        schema=keys + [Field(name=column, dtype=kind) for column, kind in features.items()],
        source=source,
        online=online,
    )


def _interactions(name: str) -> FeatureView:
    """The view of interactions, made from the contract."""
    columns = [column for column in Interaction.columns() if column.name not in _WITHOUT]
    selected = ", ".join(
        f"{column.name}::{_CONTRACT_TYPES[column.type][1]} as {column.name}" for column in columns
    )
    keys = {USER.join_key, ITEM.join_key, "timestamp"}
    return _view(
        name,
        [USER, ITEM],
        {
            column.name: _CONTRACT_TYPES[column.type][0]
            for column in columns
            if column.name not in keys
        },
        PostgreSQLSource(
            name="interactions",
            query=f"select {selected}, ingested_at from events.interactions",  # noqa: S608 - the contract's names
            timestamp_field="timestamp",
            created_timestamp_column="ingested_at",
        ),
        online=False,
    )


USER_FEATURES = _view(
    "user_features",
    [USER],
    {"user_name": String, "preferences": String},
    PostgreSQLSource(
        name="users",
        query="select user_id, user_name, preferences, signup_date from events.new_users",
        timestamp_field="signup_date",
    ),
)

ITEM_FEATURES = _view(
    "item_features",
    [ITEM],
    {
        "product_name": String,
        "category": String,
        "discounted_price": Float64,
        "actual_price": Float64,
        "discount_percentage": Float64,
        "rating": Float64,
        "rating_count": Int64,
        "about_product": String,
        "arrival_date": UnixTimestamp,
        "img_link": String,
        "product_link": String,
    },
    PostgreSQLSource(
        name="items",
        # Money is numeric in the shop. Models calculate with floats, and Feast has no decimals.
        query="select item_id, product_name, category, "
        "cast(discounted_price as double precision) as discounted_price, "
        "cast(actual_price as double precision) as actual_price, "
        "discount_percentage, rating, rating_count, about_product, img_link, product_link, "
        "arrival_date, content_digest, arrival_date as event_timestamp from shop.products",
        timestamp_field="event_timestamp",
    ),
)

INTERACTIONS_FEATURES = _interactions("interactions_features")

ITEM_TEXTS_SOURCE = "item_textual_features_push_source"
_TEXT_FEATURES: dict[str, FeastType] = {"embedding": Array(Float32), "digest": String}
ITEM_TEXTUAL_FEATURES = _view(
    "item_textual_features_embed",
    [ITEM],
    _TEXT_FEATURES,
    _pushed(ITEM_TEXTS_SOURCE, [ITEM.join_key], _TEXT_FEATURES),
)
"""The embedding of an item's text; the digest says of which text it is, and by which encoder."""

ITEM_IMAGES_SOURCE = "item_clip_features_push_source"
_IMAGE_FEATURES: dict[str, FeastType] = {
    "embedding": Array(Float32),
    "encoder": String,
    "picture": String,
}
ITEM_CLIP_FEATURES = _view(
    "item_clip_features_embed",
    [ITEM],
    _IMAGE_FEATURES,
    _pushed(ITEM_IMAGES_SOURCE, [ITEM.join_key], _IMAGE_FEATURES),
)
"""The embedding of an item's picture, by which encoder, CLIP or another, and of which picture."""

_LIST_FEATURES: dict[str, FeastType] = {"top_k_item_ids": Array(String)}
USER_TOP_K = _view(
    "user_top_k_items",
    [MODEL, USER],
    _LIST_FEATURES,
    _pushed("user_top_k_items_push_source", ["model_version", "user_id"], _LIST_FEATURES),
)
"""Each model version has lists of its own: none is overwritten, so none is missing at a switch."""

_HISTORY_FEATURES: dict[str, FeastType] = {"events": Array(String)}
LIVE_HISTORY = _view(
    "live_history",
    [USER],
    _HISTORY_FEATURES,
    _pushed(LIVE_HISTORY_SOURCE, ["user_id"], _HISTORY_FEATURES),
)

_TRENDING_FEATURES: dict[str, FeastType] = {"item_ids": Array(String)}
TRENDING_ITEMS = _view(
    "trending_items",
    [CATEGORY],
    _TRENDING_FEATURES,
    _pushed(TRENDING_SOURCE, ["category"], _TRENDING_FEATURES),
)

OBJECTS: list[Entity | FeatureView | FeatureService] = [
    USER,
    ITEM,
    MODEL,
    CATEGORY,
    USER_FEATURES,
    ITEM_FEATURES,
    INTERACTIONS_FEATURES,
    ITEM_TEXTUAL_FEATURES,
    ITEM_CLIP_FEATURES,
    USER_TOP_K,
    LIVE_HISTORY,
    TRENDING_ITEMS,
    FeatureService(name="user_service", features=[USER_FEATURES]),
    FeatureService(name="item_service", features=[ITEM_FEATURES]),
    FeatureService(name="interaction_service", features=[INTERACTIONS_FEATURES]),
    FeatureService(name="user_top_k_items", features=[USER_TOP_K]),
    FeatureService(name="category_trending_items", features=[TRENDING_ITEMS]),
]
