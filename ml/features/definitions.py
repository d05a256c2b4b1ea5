"""What Feast knows of: entities, feature views, push sources and services.

The views of users, items and interactions read the shop's own tables. The others are pushed by
the pipeline or the stream processor; Feast asks each push source for a batch source, so those
have one that declares the columns and holds no rows.
"""

from datetime import timedelta

from feast import Entity, FeatureService, FeatureView, Field, PushSource, ValueType
from feast.data_source import DataSource
from feast.infra.offline_stores.contrib.postgres_offline_store.postgres_source import (
    PostgreSQLSource,
)
from feast.types import Array, FeastType, Float32, Float64, Int64, String, UnixTimestamp

TTL = timedelta(days=5 * 365)
TEXT_DIMENSIONS = 384
IMAGE_DIMENSIONS = 512

USER = Entity(name="user", join_keys=["user_id"], value_type=ValueType.STRING)
ITEM = Entity(name="item", join_keys=["item_id"], value_type=ValueType.STRING)

_SQL_TYPES: dict[FeastType, str] = {
    String: "text",
    Array(String): "text[]",
    Array(Float32): "real[]",
}


def _pushed(name: str, key: str, features: dict[str, FeastType]) -> PushSource:
    columns = ", ".join(
        f"null::{_SQL_TYPES[kind]} as {column}" for column, kind in features.items()
    )
    return PushSource(
        name=name,
        batch_source=PostgreSQLSource(
            name=f"{name}_batch",
            query=f"select null::text as {key}, {columns}, "
            "null::timestamptz as event_timestamp where false",
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


def _vectors(
    view: str, entity: Entity, source: str, feature: str, dimensions: int = 0
) -> FeatureView:
    """A view of one pushed vector an entity; 0 dimensions are those that the model has."""
    return FeatureView(
        name=view,
        entities=[entity],
        ttl=TTL,
        schema=[
            Field(name=entity.join_key, dtype=String),
            Field(
                name=feature,
                dtype=Array(Float32),
                vector_index=True,
                vector_search_metric="cosine",
                vector_length=dimensions,
            ),
        ],
        source=_pushed(source, entity.join_key, {feature: Array(Float32)}),
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
        "arrival_date, arrival_date as event_timestamp from shop.products",
        timestamp_field="event_timestamp",
    ),
)

INTERACTIONS_FEATURES = _view(
    "interactions_features",
    [USER, ITEM],
    {
        "interaction_id": String,
        "interaction_type": String,
        "rating": Float64,
        "quantity": Int64,
        "review_title": String,
        "review_content": String,
    },
    PostgreSQLSource(
        name="interactions",
        query="select interaction_id::text as interaction_id, user_id, item_id, "
        "interaction_type, rating, quantity::bigint as quantity, review_title, review_content, "
        "timestamp from events.interactions",
        timestamp_field="timestamp",
    ),
    online=False,
)

ITEM_EMBEDDING = _vectors("item_embedding", ITEM, "item_embed_push_source", "embedding")
USER_EMBEDDING = _vectors("user_embedding", USER, "user_embed_push_source", "embedding")

_LIST_FEATURES: dict[str, FeastType] = {"top_k_item_ids": Array(String), "model_version": String}
USER_ITEMS = _view(
    "user_items",
    [USER],
    _LIST_FEATURES,
    _pushed("user_items_push_source", "user_id", _LIST_FEATURES),
)

_HISTORY_FEATURES: dict[str, FeastType] = {"events": Array(String)}
LIVE_HISTORY = _view(
    "live_history",
    [USER],
    _HISTORY_FEATURES,
    _pushed("live_history_push_source", "user_id", _HISTORY_FEATURES),
)

ITEM_TEXTUAL_FEATURES_EMBED = _vectors(
    "item_textual_features_embed",
    ITEM,
    "item_textual_features_embed",
    "about_product_embedding",
    TEXT_DIMENSIONS,
)
ITEM_CLIP_FEATURES_EMBED = _vectors(
    "item_clip_features_embed",
    ITEM,
    "item_clip_features_embed",
    "clip_latent_space_embedding",
    IMAGE_DIMENSIONS,
)

OBJECTS: list[Entity | FeatureView | FeatureService] = [
    USER,
    ITEM,
    USER_FEATURES,
    ITEM_FEATURES,
    INTERACTIONS_FEATURES,
    ITEM_EMBEDDING,
    USER_EMBEDDING,
    USER_ITEMS,
    LIVE_HISTORY,
    ITEM_TEXTUAL_FEATURES_EMBED,
    ITEM_CLIP_FEATURES_EMBED,
    FeatureService(name="user_service", features=[USER_FEATURES]),
    FeatureService(name="item_service", features=[ITEM_FEATURES]),
    FeatureService(name="interaction_service", features=[INTERACTIONS_FEATURES]),
    FeatureService(name="item_embedding", features=[ITEM_EMBEDDING]),
    FeatureService(name="user_top_k_items", features=[USER_ITEMS]),
    FeatureService(name="item_textual_features_embed", features=[ITEM_TEXTUAL_FEATURES_EMBED]),
    FeatureService(name="item_clip_features_embed", features=[ITEM_CLIP_FEATURES_EMBED]),
]
