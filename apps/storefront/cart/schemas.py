"""What the cart's forms may hold."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from apps.storefront.validation import Storable

LARGEST_QUANTITY = 99


class LineForm(BaseModel):
    """So many pieces of a product."""

    item_id: Annotated[str, StringConstraints(min_length=1, max_length=128), Storable]
    quantity: Annotated[int, Field(ge=1, le=LARGEST_QUANTITY)] = 1


class RemoveForm(BaseModel):
    """The product to take out."""

    item_id: Annotated[str, StringConstraints(min_length=1, max_length=128), Storable]
