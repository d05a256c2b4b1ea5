"""What the form of a search with a picture holds, but for the files."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from apps.storefront.search.schemas import SearchText
from ml.untrusted_images.fetching import MAX_LINK_LENGTH


class ImageSearchForm(BaseModel):
    """A link to a picture, and words beside it; both may be empty."""

    model_config = ConfigDict(frozen=True)

    image_url: Annotated[
        str, StringConstraints(strip_whitespace=True, max_length=MAX_LINK_LENGTH)
    ] = ""
    text: SearchText = ""
