"""What requests for a search with a picture and their answers hold."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from apps.storefront.api.items.schemas import MAX_LISTED, ImageUrl
from apps.storefront.api.models import Answer, Query
from ml.untrusted_images.fetching import MAX_LINK_LENGTH
from streams.contracts.text import Storable

MULTIPART = "multipart/form-data"
_MAX_TEXT = 200


class ImageSearchRequest(Query):
    """What is searched for: a link to a picture, a text, or both.

    A picture itself is sent as `multipart/form-data`, in the field `image`, beside these fields.
    """

    image_url: Annotated[str, StringConstraints(max_length=MAX_LINK_LENGTH)] = ""
    """A link to a JPEG, PNG or WebP file of at most 8 MB at a public address."""
    text: Annotated[
        str, StringConstraints(strip_whitespace=True, max_length=_MAX_TEXT), Storable
    ] = ""
    """Words that say what the picture does not. Only where the encoder of pictures reads texts."""
    top_k: Annotated[int, Field(ge=1, le=MAX_LISTED)] = 10
    """Items at most."""


def request_body() -> dict[str, Any]:
    """Both kinds of body, as the OpenAPI document describes them."""
    schema = ImageSearchRequest.model_json_schema()
    fields = {name: each for name, each in schema["properties"].items() if name != "image_url"}
    file = {
        "type": "string",
        "format": "binary",
        "description": "A JPEG, PNG or WebP file of at most 8 MB.",
    }
    form = {"type": "object", "properties": {"image": file, **fields}}
    return {"content": {MULTIPART: {"schema": form}, "application/json": {"schema": schema}}}


class SimilarProduct(Answer):
    """A product whose picture is like what was sent."""

    product_id: str
    title: str
    description: str
    category: str
    price: Decimal | None
    image_url: ImageUrl
    score: float
    """The cosine of the vectors of the two pictures."""


class ImageSearchResults(Answer):
    """Products, the most alike first."""

    results: Sequence[SimilarProduct]
    encoder: str
    """What compared the pictures."""
    weight_free: bool
    """True: the encoder has learnt nothing, and compares colours, shapes and textures alone."""
    query_time_ms: float
