"""What requests for a search and their answers hold."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from apps.storefront.api.items.schemas import MAX_LISTED, Category, ImageUrl
from apps.storefront.api.models import Answer, Query
from apps.storefront.catalog.orders import Place, Sort
from apps.storefront.search.filters import Filters
from apps.storefront.search.places import SEARCH_ORDERS
from apps.storefront.search.schemas import MAX_CURSOR, MAX_TEXT, Attribute
from streams.contracts.money import Money
from streams.contracts.text import Key, Storable

Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TEXT), Storable
]
Stars = Annotated[float, Field(ge=1, le=5)]
Cursor = Annotated[str, StringConstraints(max_length=MAX_CURSOR)]
Limit = Annotated[int, Field(ge=1, le=MAX_LISTED)]


class SearchFilters(Query):
    """What the results are narrowed down to; what is absent leaves nothing out."""

    category: Category = ""
    """Only items of this category and of those below it: its path from the root, joined by `|`."""
    min_price: Money | None = None
    max_price: Money | None = None
    min_rating: Stars | None = None
    """Stars at least."""
    in_stock: bool = False
    """Only items that can be ordered now; else sold-out ones are found, too."""
    brand: Attribute = ""
    colour: Attribute = ""
    material: Attribute = ""

    @property
    def filters(self) -> Filters:
        """The same, as the search takes them."""
        named = {"brand": self.brand, "colour": self.colour, "material": self.material}
        return Filters(
            category=self.category,
            min_price=self.min_price,
            max_price=self.max_price,
            min_rating=self.min_rating,
            in_stock=self.in_stock,
            attributes={name: value for name, value in named.items() if value},
        )


class _Search(Query):
    query: Text
    """In a shopper's words."""
    top_k: Limit = 20
    """Results at most."""
    sort: Sort = Sort.RELEVANCE
    """Any order but that of relevance lists what holds all words before the rest."""
    after: Cursor = ""
    """`next` of the page before; the query must otherwise be the same."""
    user_id: Key | None = None
    """Who searches: the order of relevance also counts their taste, as far as it is known."""
    personal: bool = True
    """False: the order is the same for everybody."""
    facets: bool = True
    """Whether to count the facets. Without them the answer is faster."""

    @model_validator(mode="after")
    def _know_the_place(self) -> Self:
        _ = self.place
        return self

    @property
    def place(self) -> Place | None:
        """After which the page begins."""
        return SEARCH_ORDERS[self.sort].decode(self.after) if self.after else None


class SearchRequest(_Search):
    """A search with its filters."""

    filters: SearchFilters = SearchFilters()


class SearchParameters(_Search, SearchFilters):
    """The same as parameters of an address."""


class SearchedProduct(Answer):
    """A product that was found."""

    product_id: str
    title: str
    description: str
    category: str
    """The category's path from the root, joined by `|`."""
    price: Decimal | None
    stars: float | None
    """Average of the ratings, 1 to 5."""
    in_stock: bool
    image_url: ImageUrl
    score: float
    """Of relevance, whatever the order is: 0 to 1, and 1 more where the query is the product's id
    or name. Comparable within one search."""


class FacetCount(Answer):
    """One value of a facet."""

    value: str
    count: int
    """Products that were found and have it; for `rating`, so many stars at least."""


class SearchResults(Answer):
    """Part of what was found, in the requested order."""

    results: Sequence[SearchedProduct]
    total: int
    """Products that were found, on all pages."""
    next: str | None
    """The parameter `after` of the next page; null: this is the last one."""
    mode: Literal["hybrid", "full_text"]
    """By what was searched: by words and meaning, or, while the encoder is away, by words alone."""
    personal: bool
    """Whether the order counts the user's taste. The first page then has the best of the 100 most
    relevant products, and each page after it the next ones by relevance, in the user's order."""
    has_all_words: bool
    """Whether a product found holds all words of the query, or has it as its id or name. False: the
    results are the nearest by meaning, and what holds a part of the words."""
    did_you_mean: str | None
    """The query with its typos corrected, for which was searched; null: it has none."""
    facets: Mapping[str, Sequence[FacetCount]]
    """By `category`, `brand`, `colour`, `material`, `rating` and `in_stock`, what the products
    found have, under the filters."""
    query_time_ms: float
    """How long the shop searched."""
