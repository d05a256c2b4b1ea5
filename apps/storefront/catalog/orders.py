"""The orders of the catalogue, and a place in one of them as a link carries it."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
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


@dataclass(frozen=True, slots=True)
class Order:
    """Columns that order the catalogue, all of them one way; none is ever null."""

    columns: Sequence[sql.SQL]
    is_descending: bool
    contract: TypeAdapter[Place]

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
    Sort.RELEVANCE: Order(
        (sql.SQL("ts_rank(words, to_tsquery('simple', %(words)s))::float8"), _ID),
        is_descending=True,
        contract=TypeAdapter(tuple[FiniteFloat, Key]),
    ),
    # Shoppers rate what they have bought: more ratings, more buyers.
    Sort.POPULAR: Order(
        (sql.SQL("stars_count"), _ID),
        is_descending=True,
        contract=TypeAdapter(tuple[_Number, Key]),
    ),
    Sort.NEWEST: Order(
        (sql.SQL("arrival_date"), _ID),
        is_descending=True,
        contract=TypeAdapter(tuple[AwareDatetime, Key]),
    ),
    Sort.RATING: Order(
        (sql.SQL("coalesce(stars, 0)"), sql.SQL("stars_count"), _ID),
        is_descending=True,
        contract=TypeAdapter(tuple[FiniteFloat, _Number, Key]),
    ),
    # Products without a price come last in both; no price is as high as this one.
    Sort.PRICE_LOW: Order(
        (sql.SQL("coalesce(price, 10000000000)"), _ID),
        is_descending=False,
        contract=TypeAdapter(tuple[_Price, Key]),
    ),
    Sort.PRICE_HIGH: Order(
        (sql.SQL("coalesce(price, -1)"), _ID),
        is_descending=True,
        contract=TypeAdapter(tuple[_Price, Key]),
    ),
}
