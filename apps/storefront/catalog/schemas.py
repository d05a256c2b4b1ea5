"""Queries of the catalogue."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from apps.storefront.catalog.orders import ORDERS, Place, Sort
from streams.contracts.text import Storable

_Cursor = Annotated[str, StringConstraints(max_length=1024)]


class CatalogQuery(BaseModel):
    """Which products, in which order, which page."""

    model_config = ConfigDict(frozen=True)

    q: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), Storable] = ""
    category: Annotated[str, StringConstraints(max_length=512), Storable] = ""
    """A category's path from the root, joined by `|`."""
    sort: Sort | None = None
    page: Annotated[int, Field(ge=1, le=10_000)] = 1
    """Its number. A link that leads from page to page also says after or before which product."""
    after: _Cursor = ""
    before: _Cursor = ""

    @model_validator(mode="after")
    def _know_the_place(self) -> Self:
        _ = self.place
        return self

    @property
    def place(self) -> Place | None:
        """Where the page begins, or with `before` ends; None: its number says it."""
        cursor = self.after or self.before
        return ORDERS[self.order].decode(cursor) if cursor else None

    @property
    def order(self) -> Sort:
        """The requested order, else the one that suits the query."""
        if self.sort is None or (self.sort is Sort.RELEVANCE and not self.q):
            return Sort.RELEVANCE if self.q else Sort.POPULAR
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
