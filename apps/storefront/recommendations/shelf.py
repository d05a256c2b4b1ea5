"""A list of products with the reason why these."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.storefront.accounts.shopper import Shopper
from apps.storefront.catalog import repository as catalog
from apps.storefront.catalog.repository import ListedProduct
from apps.storefront.database import Database
from apps.storefront.metrics import RECOMMENDATIONS
from apps.storefront.recommendations.recommending import Recommends

_SLACK = 10
"""How many more items are asked for, as some may no longer be sold."""

_REASONS = {
    # Also for a new shopper, of whom there is nothing but the preferences given at sign-up.
    "live": "Updated from what you like and just did",
    "precomputed": "Picked for you",
    "trending": "Trending with other shoppers",
    "newest": "The newest arrivals",
}


@dataclass(frozen=True, slots=True)
class Shelf:
    """Products in order, where the order comes from, and the model that made it."""

    products: Sequence[ListedProduct]
    source: str
    """`live`, `precomputed`, `trending` or `newest`."""
    model_version: str | None = None

    @property
    def reason(self) -> str:
        """The source in words."""
        return _REASONS[self.source]

    @property
    def is_personal(self) -> bool:
        """Whether the list was made for this shopper."""
        return self.source in ("live", "precomputed")


def recommended(
    database: Database, recommender: Recommends, shopper: Shopper | None, limit: int
) -> Shelf:
    """The best list that can be had now; the newest products if the recommender has none."""
    shelf = _recommended(database, recommender, shopper, limit)
    RECOMMENDATIONS.labels(shelf.source).inc()
    return shelf


def _recommended(
    database: Database, recommender: Recommends, shopper: Shopper | None, limit: int
) -> Shelf:
    served = recommender.recommend(
        shopper.user_id if shopper else None,
        shopper.preferences if shopper else (),
        limit + _SLACK,
    )
    with database.connection() as connection:
        products = catalog.named(connection, served.item_ids)[:limit]
        if products and served.source != "none":
            return Shelf(products, served.source, served.model_version)
        return Shelf(catalog.newest(connection, limit), "newest")
