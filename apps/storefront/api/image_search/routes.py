"""Search with a picture for other programs, by the function that the shop's own page uses."""

import time

from flask import request
from pydantic import ValidationError
from werkzeug.exceptions import UnsupportedMediaType

from apps.storefront.api.contracts import Blueprint
from apps.storefront.api.image_search.schemas import (
    MULTIPART,
    ImageSearchRequest,
    ImageSearchResults,
    SimilarProduct,
)
from apps.storefront.api.keys.authentication import auth
from apps.storefront.api.keys.scope import Scope
from apps.storefront.api.problems import InvalidRequestError, Violation, violations
from apps.storefront.image_search.search import ImageSearch
from apps.storefront.pictures.picture import image_url
from ml.untrusted_images.opening import MAX_FILE_BYTES
from streams.errors import ContractError

blueprint = Blueprint("api_image_search", __name__, tag="Search")

_MAX_BODY_BYTES = MAX_FILE_BYTES + (64 << 10)


@blueprint.post("/search/image")
@blueprint.auth_required(auth, roles=[Scope.ITEMS_READ])
@blueprint.output(ImageSearchResults)
def by_image() -> ImageSearchResults:
    """Products whose pictures are like a picture.

    The picture is a file (`multipart/form-data`, the field `image`) or a link (JSON). It is drawn
    anew before anything looks at it, and nothing of it is kept. An encoder that reads texts also
    takes a text, alone or beside the picture, which then counts 0.7 of the whole.
    """
    started = time.perf_counter()
    request.max_content_length = _MAX_BODY_BYTES
    searching = ImageSearch.of_this_app()
    field = "image"
    try:
        wanted, file = _read()
        if file is None and wanted.image_url:
            field = "image_url"
            file = searching.fetched(wanted.image_url)
        found = searching.search(file, wanted.text, wanted.top_k)
    except ValidationError as error:
        raise InvalidRequestError(violations(error), "The request breaks its contract.") from None
    except ContractError as error:
        raise InvalidRequestError(
            [Violation(location=field, reason=str(error))], str(error)
        ) from None
    return ImageSearchResults(
        results=[
            SimilarProduct(
                product_id=each.item_id,
                title=each.product_name,
                description=each.about_product,
                category=each.category,
                price=each.price,
                image_url=image_url(each.picture),
                score=round(each.similarity, 4),
            )
            for each in found.products
        ],
        encoder=found.encoder,
        weight_free=found.is_weight_free,
        query_time_ms=round(1000 * (time.perf_counter() - started), 1),
    )


def _read() -> tuple[ImageSearchRequest, bytes | None]:
    """What is asked for, and the file that was sent."""
    if request.mimetype == MULTIPART:
        upload = request.files.get("image")
        wanted = ImageSearchRequest.model_validate(request.form.to_dict())
        return wanted, upload.read() if upload is not None else None
    if not request.is_json:
        raise UnsupportedMediaType("Send multipart/form-data with a picture, or JSON with a link.")
    return ImageSearchRequest.model_validate_json(request.get_data(cache=False)), None
