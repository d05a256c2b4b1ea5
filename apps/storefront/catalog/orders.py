"""The orders of the catalogue, and a place in one of them as a link carries it."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any

from psycopg import sql
from pydantic import AwareDatetime, Field, FiniteFloat, TypeAdapter

from streams.contracts.text import Key

_Price = Annotated[Decimal, Field(ge=-1, max_digits=13, decimal_places=2)]
_Number = Annotated[int, Field(ge=0, lt=2**63)]

Place = tuple[Any, ...]
"""The values of a product by which the catalogue is ordered; the last one is its id."""


class Sort(StrEnum):
    """Orders of the catalogue."""

    RELEVANCE = "relevance"
    POPULAR = "popular"
    NEWEST = "newest"
    RATING = "rating"
    PRICE_LOW = "price-low"
    PRICE_HIGH = "price-high"

    @property
    def label(self) -> str:
        """Its name on the page."""
        return _LABELS[self]


_LABELS = {
    Sort.RELEVANCE: "Best match",
    Sort.POPULAR: "Most popular",
    Sort.NEWEST: "Newest",
    Sort.RATING: "Best rated",
    Sort.PRICE_LOW: "Price: low to high",
    Sort.PRICE_HIGH: "Price: high to low",
}


@dataclass(frozen=True)
class Order:
    """Columns that order the catalogue, all of them one way; none is ever null."""

    columns: Sequence[sql.SQL]
    types: Sequence[Any]
    """Of the columns' values."""
    is_descending: bool

    @cached_property
    def contract(self) -> TypeAdapter[Place]:
        """What a place in this order is."""
        place: Any = tuple.__class_getitem__(tuple(self.types))
        return TypeAdapter(place)

    def encode(self, place: Place) -> str:
        """The place, as text for a URL."""
        return urlsafe_b64encode(self.contract.dump_json(place)).rstrip(b"=").decode()

    def decode(self, text: str) -> Place:
        """The place that `encode` wrote.

        Raises:
            ValueError: the text is of something else.
        """
        try:
            content = urlsafe_b64decode(text + "=" * (-len(text) % 4))
            return self.contract.validate_json(content)
        except ValueError as error:
            raise ValueError("This is no place in the catalogue.") from error


_ID = sql.SQL("item_id")
ORDERS = {
    # Shoppers rate what they have bought: more ratings, more buyers.
    Sort.POPULAR: Order((sql.SQL("stars_count"), _ID), (_Number, Key), is_descending=True),
    Sort.NEWEST: Order((sql.SQL("arrival_date"), _ID), (AwareDatetime, Key), is_descending=True),
    Sort.RATING: Order(
        (sql.SQL("coalesce(stars, 0)"), sql.SQL("stars_count"), _ID),
        (FiniteFloat, _Number, Key),
        is_descending=True,
    ),
    # Products without a price come last in both; no price is as high as this one.
    Sort.PRICE_LOW: Order(
        (sql.SQL("coalesce(price, 10000000000)"), _ID), (_Price, Key), is_descending=False
    ),
    Sort.PRICE_HIGH: Order(
        (sql.SQL("coalesce(price, -1)"), _ID), (_Price, Key), is_descending=True
    ),
}
"""Of all products; what a search found has the order of relevance as well."""
