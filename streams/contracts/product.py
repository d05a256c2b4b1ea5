"""A product of the catalogue, as data sets bring it, the shop sells it and Feast serves it."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from streams.contracts.instant import Instant
from streams.contracts.money import Money
from streams.contracts.text import Key, Line, Prose


class Product(BaseModel):
    """One product; whatever a data set does not know is None or empty, never invented."""

    model_config = ConfigDict(frozen=True)

    item_id: Key
    product_name: Line
    category: Line = ""
    """The category's path from the root, joined by `|`."""
    discounted_price: Money | None = None
    actual_price: Money | None = None
    discount_percentage: Annotated[float, Field(ge=0, le=1)] | None = None
    """A fraction: 0.25 is 25 % off."""
    rating: Annotated[float, Field(ge=1, le=5)] | None = None
    """Average stars, 1 to 5."""
    rating_count: Annotated[int, Field(ge=0)] | None = None
    about_product: Prose = ""
    arrival_date: Instant
    img_link: Prose = ""
    product_link: Prose = ""
