"""What requests for recommendations and their answers hold."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from apps.storefront.api.items.schemas import MAX_LISTED, Category, ImageUrl, ListQuery
from apps.storefront.api.models import Answer, Query
from streams.contracts.new_user import MAX_PREFERENCES
from streams.contracts.text import Key, Line

MAX_SESSION = 100
"""Events of a session at most."""


class DescribedItem(Answer):
    """A product as all lists show it."""

    item_id: str
    product_name: str
    category: str
    """The category's path from the root, joined by `|`."""
    price: Decimal | None
    actual_price: Decimal | None
    """The price without a discount."""
    stars: float | None
    """Average of the ratings, 1 to 5."""
    stars_count: int
    arrival_date: datetime
    image_url: ImageUrl


class RecommendedItem(DescribedItem):
    """A product of a list, and why it is there."""

    score: float | None
    """What its source gave it; null where the source has no scores. Comparable within one source of
    one list."""
    source: str
    """Which source named it first."""
    reason: str
    """Why it is recommended, in words for a shopper."""
    model_version: str | None
    """The model that chose it; null: no model did."""
    experiment: str | None
    """The experiment that it is part of, with its team; send it with impressions and interactions.
    Null: there is none."""


class RecommendedItems(Answer):
    """A list, best first."""

    items: Sequence[RecommendedItem]
    source: str
    """Where the list comes from, such as `live`, `precomputed`, `trending` or `popular`."""
    reason: str
    """The same in words for a shopper."""
    model_version: str | None
    """The model that made the list; null: none did."""


class RecommendationQuery(ListQuery):
    """Which recommendations."""

    category: Category = ""
    """Only items of this category and of those below it: its path from the root, joined by `|`."""


class SessionInteraction(Query):
    """What a visitor did with an item."""

    item_id: Key
    interaction_type: Literal["view", "cart", "purchase"] = "view"


class SessionQuery(Query):
    """What a visitor without an account did."""

    item_ids: Annotated[tuple[Key, ...], Field(max_length=MAX_SESSION)] = ()
    """Items that they looked at, the newest last."""
    interactions: Annotated[tuple[SessionInteraction, ...], Field(max_length=MAX_SESSION)] = ()
    """What they did after it, the newest last."""
    preferences: Annotated[tuple[Line, ...], Field(max_length=MAX_PREFERENCES)] = ()
    """Names of categories that they like."""
    n: Annotated[int, Field(ge=1, le=MAX_LISTED)] = 20
    """Items at most."""
    category: Category = ""
    """Only items of this category and of those below it."""
