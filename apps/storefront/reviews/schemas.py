"""What a rating may hold."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from streams.contracts.text import Key, Storable

STARS = tuple(half / 2 for half in range(2, 11))
"""Ratings that can be given: 1 to 5, halves allowed."""


class RatingForm(BaseModel):
    """A shopper's rating of a product, with or without words."""

    item_id: Key
    rating: Annotated[float, Field(ge=1, le=5, multiple_of=0.5)]
    title: Annotated[str, StringConstraints(strip_whitespace=True, max_length=120), Storable] = ""
    content: Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000), Storable] = (
        ""
    )
