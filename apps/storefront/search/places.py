"""The orders of what a search found, and what a link says of the products before a page."""

from collections.abc import Iterable
from functools import cached_property
from hashlib import sha256
from typing import Annotated

from psycopg import sql
from pydantic import Field, FiniteFloat, StringConstraints, TypeAdapter

from apps.storefront.catalog.orders import ORDERS, Order, Place, Sort
from streams.contracts.text import Key

_Tier = Annotated[int, Field(ge=0, le=1)]

_DIGEST_LENGTH = 8
"""Hexadecimal digits: two of 1,000 products have one digest once in 8,000 searches, and 24 that
were shown one with another product once in 180,000."""
_Digests = Annotated[str, StringConstraints(pattern=rf"^([0-9a-f]{{{_DIGEST_LENGTH}}}){{1,100}}$")]
DIGEST = sql.SQL("left(encode(sha256(convert_to(item_id, 'UTF8')), 'hex'), {})").format(
    sql.Literal(_DIGEST_LENGTH)
)
"""Of the product `item_id`, as `digests_of` makes it."""
ABOVE_ALL: Place = (4.0, "-")
"""A place before every product in the order of relevance."""


def digests_of(item_ids: Iterable[str]) -> str:
    """Short digests of products, one after the other, for a place."""
    return "".join(sha256(each.encode()).hexdigest()[:_DIGEST_LENGTH] for each in item_ids)


def digests(joined: str = "") -> list[str]:
    """The digests that `digests_of` has joined."""
    return [joined[at : at + _DIGEST_LENGTH] for at in range(0, len(joined), _DIGEST_LENGTH)]


class _Relevance(Order):
    """By the score; a place may also have the digests of what a personal first page has shown."""

    @cached_property
    def contract(self) -> TypeAdapter[Place]:
        return TypeAdapter(tuple[FiniteFloat, Key] | tuple[FiniteFloat, Key, _Digests])


def _after_strict(order: Order) -> Order:
    """An order of the catalogue in which the products that hold all words come first."""
    tier = sql.SQL("is_strict::int" if order.is_descending else "(not is_strict)::int")
    return Order((tier, *order.columns), (_Tier, *order.types), order.is_descending)


SEARCH_ORDERS = {sort: _after_strict(order) for sort, order in ORDERS.items()} | {
    Sort.RELEVANCE: _Relevance(
        (sql.SQL("score"), sql.SQL("item_id")), (FiniteFloat, Key), is_descending=True
    )
}
