"""Queries of the catalogue."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from streams.contracts.text import Storable


class Sort(StrEnum):
    """Orders of the catalogue."""

    RELEVANCE = "relevance"
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
    Sort.NEWEST: "Newest",
    Sort.RATING: "Best rated",
    Sort.PRICE_LOW: "Price: low to high",
    Sort.PRICE_HIGH: "Price: high to low",
}


class CatalogQuery(BaseModel):
    """Which products, in which order, which page."""

    model_config = ConfigDict(frozen=True)

    q: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), Storable] = ""
    category: Annotated[str, StringConstraints(max_length=512), Storable] = ""
    """A category's path from the root, joined by `|`."""
    sort: Sort | None = None
    page: Annotated[int, Field(ge=1, le=10_000)] = 1

    @property
    def order(self) -> Sort:
        """The requested order, else the one that suits the query."""
        if self.sort is None or (self.sort is Sort.RELEVANCE and not self.q):
            return Sort.RELEVANCE if self.q else Sort.NEWEST
        return self.sort

    @property
    def orders(self) -> list[Sort]:
        """The orders that make sense for this query."""
        return [sort for sort in Sort if self.q or sort is not Sort.RELEVANCE]

    def link(self, **changes: str | int | None) -> dict[str, str | int]:
        """Parameters of a link to this query with changes; the first page unless they say so."""
        named: dict[str, str | int | None] = {
            "q": self.q,
            "category": self.category,
            "sort": self.sort.value if self.sort else None,
            **changes,
        }
        return {name: value for name, value in named.items() if value}
