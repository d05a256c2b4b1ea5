"""The orders of what a search found."""

from typing import Annotated

from psycopg import sql
from pydantic import Field, FiniteFloat

from apps.storefront.catalog.orders import ORDERS, Order, Sort
from streams.contracts.text import Key

_Tier = Annotated[int, Field(ge=0, le=1)]


def _after_strict(order: Order) -> Order:
    """An order of the catalogue in which the products that hold all words come first."""
    tier = sql.SQL("is_strict::int" if order.is_descending else "(not is_strict)::int")
    return Order((tier, *order.columns), (_Tier, *order.types), order.is_descending)


SEARCH_ORDERS = {sort: _after_strict(order) for sort, order in ORDERS.items()} | {
    Sort.RELEVANCE: Order(
        (sql.SQL("score"), sql.SQL("item_id")), (FiniteFloat, Key), is_descending=True
    )
}
