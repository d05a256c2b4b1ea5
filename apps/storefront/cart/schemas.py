"""What the cart's forms may hold."""

from typing import Annotated

from pydantic import BaseModel, Field

from streams.contracts.text import Key

MAX_QUANTITY = 99


class RemoveForm(BaseModel):
    """The product to take out."""

    item_id: Key


class LineForm(RemoveForm):
    """A quantity of a product."""

    quantity: Annotated[int, Field(ge=1, le=MAX_QUANTITY)] = 1
