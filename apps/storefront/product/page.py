"""Everything that the page of a product shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from psycopg import Connection

from apps.storefront.cart.schemas import MAX_QUANTITY
from apps.storefront.catalog import repository as catalog
from apps.storefront.catalog.repository import DescribedProduct, ListedProduct
from apps.storefront.events.attribution import Attribution
from apps.storefront.recommendations.shelf import Shelf, filled_shelves
from apps.storefront.recommendations.shelves import SHELF_LENGTH, bought_with_product, similar_to
from apps.storefront.recommender import Recommender
from apps.storefront.reviews import repository as reviews
from apps.storefront.reviews.repository import Review
from apps.storefront.reviews.schemas import STARS

_REVIEWS = 20


@dataclass(frozen=True, slots=True)
class ProductPage:
    """A product with what belongs to it."""

    product: DescribedProduct
    shelves: Sequence[Shelf]
    reviews: Sequence[Review]
    own_review: Review | None
    """Of the shopper who looks."""
    attribution: Mapping[str, str | int]
    """The list that led here, as hidden fields of the forms."""
    stars: Sequence[float] = STARS

    @property
    def max_quantity(self) -> int:
        """How many can be ordered at once; 0 if the product is sold out."""
        stock = self.product.stock
        return MAX_QUANTITY if stock is None else min(stock, MAX_QUANTITY)

    @classmethod
    def load(
        cls,
        connection: Connection[Any],
        item_id: str,
        user_id: str | None,
        attribution: Attribution,
        recommender: Recommender,
        *,
        region: str | None,
    ) -> "ProductPage | None":
        """The page for a shopper, or for a visitor (None); None if the shop lacks the product."""
        product = catalog.find(connection, item_id, region=region)
        if product is None:
            return None
        return cls(
            product=product,
            shelves=_shelves(connection, product, recommender, region),
            reviews=reviews.newest_of(connection, item_id, _REVIEWS),
            own_review=reviews.of_shopper(connection, user_id, item_id) if user_id else None,
            attribution=attribution.parameters,
        )


def _shelves(
    connection: Connection[Any],
    product: ListedProduct,
    recommender: Recommender,
    region: str | None,
) -> list[Shelf]:
    """What goes with a product, and what is like it.

    What no model knows is like the other products of its category.
    """
    bought = bought_with_product(recommender, product.item_id)
    similar = similar_to(recommender, product.item_id)
    wanted = [*bought.item_ids, *similar.item_ids]
    known = catalog.by_id(connection, wanted, region=region)
    if not similar.item_ids:
        others = catalog.similar_products(connection, product, 2 * SHELF_LENGTH, region=region)
        known |= {other.item_id: other for other in others}
        similar = replace(similar, item_ids=[other.item_id for other in others])
    return filled_shelves([bought, similar], known, SHELF_LENGTH)
