"""Lists of the shop as answers of the API; the one place that knows both."""

from apps.storefront.api.recommendations.schemas import RecommendedItem, RecommendedItems
from apps.storefront.catalog.repository import ListedProduct
from apps.storefront.pictures.picture import image_url
from apps.storefront.recommendations.recommendation_list import RecommendationList


def answer(found: RecommendationList) -> RecommendedItems:
    """A list of the shop as the API answers it."""
    return RecommendedItems(
        items=[_item(found, product) for product in found.products],
        source=found.source,
        reason=found.reason,
        model_version=found.model_version,
    )


def _item(found: RecommendationList, product: ListedProduct) -> RecommendedItem:
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
        image_url=image_url(product.picture),
        score=candidate.score if candidate else None,
        source=candidate.source if candidate else found.source,
        reason=found.reason_of(product.item_id),
        model_version=found.model_version,
        experiment=found.experiment_of(product.item_id),
    )
