"""Everything that the page of a product shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from apps.storefront.cart.schemas import MAX_QUANTITY
from apps.storefront.catalog import repository as catalog
from apps.storefront.catalog.repository import ListedProduct
from apps.storefront.events.attribution import Attribution
from apps.storefront.reviews import repository as reviews
from apps.storefront.reviews.repository import Review
from apps.storefront.reviews.schemas import STARS

_SIMILAR_PRODUCTS = 6
_REVIEWS = 20


@dataclass(frozen=True, slots=True)
class ProductPage:
    """A product with what belongs to it."""

    product: ListedProduct
    about: str
    similar_products: Sequence[ListedProduct]
    reviews: Sequence[Review]
    own_review: Review | None
    """Of the shopper who looks."""
    attribution: Mapping[str, str | int]
    """The list that led here, as hidden fields of the forms."""
    stars: Sequence[float] = STARS
    max_quantity: int = MAX_QUANTITY

    @classmethod
    def load(
        cls,
        connection: Connection[Any],
        item_id: str,
        user_id: str | None,
        attribution: Attribution,
    ) -> "ProductPage | None":
        """The page for a shopper, or for a visitor (None); None if the shop lacks the product."""
        found = catalog.find(connection, item_id)
        if found is None:
            return None
        product, about = found
        return cls(
            product=product,
            about=about,
            similar_products=catalog.similar_products(connection, product, _SIMILAR_PRODUCTS),
            reviews=reviews.newest_of(connection, item_id, _REVIEWS),
            own_review=reviews.of_shopper(connection, user_id, item_id) if user_id else None,
            attribution=attribution.parameters,
        )
