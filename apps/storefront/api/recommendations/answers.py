"""Lists of the shop as answers of the API; the one place that knows both.

An answer is JSON that is put together from parts: what says only what a product is stays the same
from list to list, and is written once. `RecommendedItems` documents the whole.
"""

from flask import Response
from pydantic_core import to_json

from apps.storefront.api.recommendations.schemas import DescribedItem
from apps.storefront.catalog.repository import ListedProduct
from apps.storefront.pictures.picture import image_url
from apps.storefront.recommendations.recommendation_list import RecommendationList

_MAX_DESCRIBED = 20_000
"""Products whose texts are kept, some 500 bytes each."""
_described: dict[str, tuple[ListedProduct, bytes]] = {}
"""Products and their texts, by item id; another state of a product is another object."""


def answer(found: RecommendationList) -> Response:
    """A list of the shop as the API answers it: a `RecommendedItems`."""
    version = to_json(found.model_version)
    ends: dict[tuple[str, str, str | None], bytes] = {}
    items = []
    for product in found.products:
        item_id = product.item_id
        candidate = found.candidates.get(item_id)
        source = candidate.source if candidate else found.source
        told = source, found.reason_of(item_id), found.experiment_of(item_id)
        end = ends.get(told)
        if end is None:
            end = ends[told] = _end(*told, version)
        score = to_json(candidate.score) if candidate else b"null"
        items.append(b'%b,"score":%b,%b' % (_description(product), score, end))
    body = b'{"items":[%b],"source":%b,"reason":%b,"model_version":%b}' % (
        b",".join(items),
        to_json(found.source),
        to_json(found.reason),
        version,
    )
    return Response(body, mimetype="application/json")


def _end(source: str, reason: str, experiment: str | None, version: bytes) -> bytes:
    """What most items of a list have in common."""
    return b'"source":%b,"reason":%b,"model_version":%b,"experiment":%b}' % (
        to_json(source),
        to_json(reason),
        version,
        to_json(experiment),
    )


def _description(product: ListedProduct) -> bytes:
    """What the product is, without the end of the object."""
    known = _described.get(product.item_id)
    if known and known[0] is product:
        return known[1]
    described = DescribedItem(
        item_id=product.item_id,
        product_name=product.product_name,
        category=product.category,
        price=product.price,
        actual_price=product.actual_price,
        stars=product.stars,
        stars_count=product.stars_count,
        arrival_date=product.arrival_date,
        image_url=image_url(product.picture),
    )
    text = described.model_dump_json().encode()[:-1]
    if len(_described) >= _MAX_DESCRIBED:
        _described.clear()
    _described[product.item_id] = product, text
    return text
