"""Lists of the shop as answers of the API; the one place that knows both."""

from collections.abc import Collection

from apps.storefront.api.recommendations.schemas import RecommendedItem, RecommendedItems
from apps.storefront.recommendations.recommendation_list import RecommendationList


def answer(found: RecommendationList) -> RecommendedItems:
    """A list of the shop as the API answers it."""
    items = [
        RecommendedItem(
            item_id=product.item_id,
            product_name=product.product_name,
            category=product.category,
            price=product.price,
            actual_price=product.actual_price,
            stars=product.stars,
            stars_count=product.stars_count,
            arrival_date=product.arrival_date,
            score=None,
            source=found.source,
            reason=found.reason,
            model_version=found.model_version,
        )
        for product in found.products
    ]
    return RecommendedItems(
        items=items,
        source=found.source,
        reason=found.reason,
        model_version=found.model_version,
    )


def filled(
    first: RecommendedItems, rest: RecommendedItems, *, without: Collection[str], limit: int
) -> RecommendedItems:
    """A list, and behind it items of another one where it is short.

    Args:
        first: whose source the answer names, unless it is empty.
        rest: from which the missing ones are taken.
        without: ids of items that are not listed.
        limit: items at most.
    """
    every = {each.item_id: each for each in (*rest.items, *first.items)}
    order = dict.fromkeys(each.item_id for each in (*first.items, *rest.items))
    items = [every[item_id] for item_id in order if item_id not in without]
    return (first if first.items else rest).model_copy(update={"items": items[:limit]})
