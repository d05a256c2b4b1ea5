"""What requests and answers about items hold."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, StringConstraints

from apps.storefront.api.models import Answer, Query
from apps.storefront.api.rows import Rows
from streams.contracts import Product
from streams.contracts.text import MAX_LINE_LENGTH, Key, Storable

Category = Annotated[str, StringConstraints(max_length=MAX_LINE_LENGTH), Storable]
"""A category's path from the root, joined by `|`; empty: all."""

ImageUrl = Annotated[
    str,
    Field(
        description="Path of its picture at the shop's address: WebP, 800 pixels wide. Another"
        " picture has another path, so it may be kept for ever."
    ),
]

MAX_LISTED = 100


class Item(Product, Answer):
    """A product; null or empty where the catalogue does not know."""

    image_url: ImageUrl


class ItemPage(Answer):
    """Part of the catalogue, in the order of the ids."""

    items: Sequence[Item]
    next: str | None
    """The parameter `after` of the next page; null: this is the last one."""


class ItemPageQuery(Query):
    """Which part of the catalogue."""

    category: Category = ""
    """Only items of this category and of those below it: its path from the root, joined by `|`."""
    after: Key | None = None
    """Only items whose ids come after this one."""
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class ListQuery(Query):
    """How many items a list has."""

    n: Annotated[int, Field(ge=1, le=MAX_LISTED)] = 20
    """Items at most."""


class ItemRows(Rows[Product]):
    """Products to add or to bring up to date."""

    contract = Product
