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


def most_of_a_product(most: int) -> str:
    """What to say to a shopper who asks for more of a product than `most`."""
    if not most:
        return "This product is sold out."
    if most < MAX_QUANTITY:
        return f"Only {most} of this product {'is' if most == 1 else 'are'} left."
    return f"You can order at most {MAX_QUANTITY} of a product."
