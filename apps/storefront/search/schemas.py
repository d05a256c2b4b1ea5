"""Queries of the catalogue."""

from typing import Annotated, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from apps.storefront.catalog.orders import ORDERS, Place, Sort
from apps.storefront.search.filters import Filters
from apps.storefront.search.places import SEARCH_ORDERS
from streams.contracts.money import Money
from streams.contracts.text import Storable

MAX_TEXT = 200
"""Characters of a text that is searched for."""

MAX_CURSOR = 2048
"""Characters of a place in a list."""

SearchText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_TEXT), Storable]
Attribute = Annotated[
    str, StringConstraints(strip_whitespace=True, to_lower=True, max_length=64), Storable
]
"""A value that a product must have; empty: any."""

_Cursor = Annotated[str, StringConstraints(max_length=MAX_CURSOR)]
_Blank = BeforeValidator(lambda value: None if value == "" else value)
"""A field of a form that was left empty says nothing."""


class CatalogQuery(BaseModel):
    """Which products, in which order, which page."""

    model_config = ConfigDict(frozen=True)

    q: SearchText = ""
    category: Annotated[str, StringConstraints(max_length=512), Storable] = ""
    """A category's path from the root, joined by `|`."""
    min_price: Annotated[Money | None, _Blank] = None
    max_price: Annotated[Money | None, _Blank] = None
    rating: Annotated[Annotated[float, Field(ge=1, le=5)] | None, _Blank] = None
    """Stars at least."""
    in_stock: Annotated[bool | None, _Blank] = None
    brand: Attribute = ""
    colour: Attribute = ""
    material: Attribute = ""
    sort: Sort | None = None
    personal: Annotated[bool | None, _Blank] = None
    """False: the order is the same for everybody."""
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
        orders = SEARCH_ORDERS if self.q else ORDERS
        return orders[self.order].decode(cursor) if cursor else None

    def encode(self, place: Place) -> str:
        """A place in the order of this query, for `after` or `before` of a link."""
        orders = SEARCH_ORDERS if self.q else ORDERS
        return orders[self.order].encode(place)

    @property
    def order(self) -> Sort:
        """The requested order, else the one that suits the query."""
        if self.sort is None or (self.sort is Sort.RELEVANCE and not self.q):
            return Sort.RELEVANCE if self.q else Sort.POPULAR
        return self.sort

    @property
    def may_be_personal(self) -> bool:
        """Whether the order may count the shopper's taste."""
        return self.order is Sort.RELEVANCE and self.personal is not False

    @property
    def orders(self) -> list[Sort]:
        """The orders that make sense for this query."""
        return [sort for sort in Sort if self.q or sort is not Sort.RELEVANCE]

    @property
    def attributes(self) -> dict[str, str]:
        """The values of attributes that a product must have."""
        named = {"brand": self.brand, "colour": self.colour, "material": self.material}
        return {name: value for name, value in named.items() if value}

    @property
    def filters(self) -> Filters:
        """What the products are narrowed down to."""
        return Filters(
            category=self.category,
            min_price=self.min_price,
            max_price=self.max_price,
            min_rating=self.rating,
            in_stock=bool(self.in_stock),
            attributes=self.attributes,
        )

    def link(self, **changes: object) -> dict[str, object]:
        """Parameters of a link to this query with changes; the first page unless they say so."""
        named: dict[str, object] = {
            "q": self.q,
            "category": self.category,
            "min_price": self.min_price,
            "max_price": self.max_price,
            "rating": f"{self.rating:g}" if self.rating else None,
            "in_stock": 1 if self.in_stock else None,
            **self.attributes,
            "sort": self.sort.value if self.sort else None,
            "personal": "false" if self.personal is False else None,
            **changes,
        }
        return {name: value for name, value in named.items() if value not in (None, "")}
