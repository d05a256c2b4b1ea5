"""Lists of the shop as answers of the API; the one place that knows both."""

from collections.abc import Collection

from apps.storefront.api.recommendations.schemas import RecommendedItem, RecommendedItems
from apps.storefront.catalog.repository import ListedProduct
from apps.storefront.recommendations.recommendation_list import RecommendationList


def answer(
    found: RecommendationList, *, limit: int, without: Collection[str] = ()
) -> RecommendedItems:
    """A list of the shop as the API answers it.

    Args:
        found: the list.
        limit: items at most.
        without: ids of items that are not listed.
    """
    items = [_item(each, found) for each in found.products if each.item_id not in without]
    return RecommendedItems(
        items=items[:limit],
        source=found.source,
        reason=found.reason,
        model_version=found.model_version,
    )


def _item(product: ListedProduct, found: RecommendationList) -> RecommendedItem:
    candidate = found.candidates.get(product.item_id)
    return RecommendedItem(
        item_id=product.item_id,
        product_name=product.product_name,
        category=product.category,
        price=product.price,
        actual_price=product.actual_price,
        stars=product.stars,
        stars_count=product.stars_count,
        arrival_date=product.arrival_date,
        score=candidate.score if candidate else None,
        source=candidate.source if candidate else found.source,
        reason=found.reasons.get(product.item_id, found.reason),
        model_version=found.model_version,
    )
