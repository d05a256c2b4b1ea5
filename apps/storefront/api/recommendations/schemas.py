"""What requests for recommendations and their answers hold."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from apps.storefront.api.items.schemas import MAX_LISTED, Category, ListQuery
from apps.storefront.api.models import Answer, Query
from streams.contracts.new_user import MAX_PREFERENCES
from streams.contracts.text import Key, Line

MAX_SESSION = 100
"""Items of a session that are looked at."""


class RecommendedItem(Answer):
    """A product of a list, and why it is there."""

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
    score: float | None
    """What the list is ordered by; null where its source has no scores."""
    source: str
    """Where the item comes from."""
    reason: str
    """Why it is recommended, in words for a shopper."""
    model_version: str | None
    """The model that chose it; null: no model did."""


class RecommendedItems(Answer):
    """A list, best first."""

    items: Sequence[RecommendedItem]
    source: str
    """Where the list comes from: `live`, `precomputed`, `trending`, `popular`, `newest` or
    `similar`."""
    reason: str
    """The same in words for a shopper."""
    model_version: str | None
    """The model that made the list; null: none did."""


class RecommendationQuery(ListQuery):
    """Which recommendations."""

    category: Category = ""
    """Only items of this category and of those below it: its path from the root, joined by `|`."""


class SessionQuery(Query):
    """What a visitor without an account did."""

    item_ids: Annotated[tuple[Key, ...], Field(max_length=MAX_SESSION)] = ()
    """Items that they met, the newest last; none of them is recommended."""
    preferences: Annotated[tuple[Line, ...], Field(max_length=MAX_PREFERENCES)] = ()
    """Names of categories that they like."""
    n: Annotated[int, Field(ge=1, le=MAX_LISTED)] = 20
    """Items at most."""
    category: Category = ""
    """Only items of this category and of those below it."""
