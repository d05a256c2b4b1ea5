"""SQL of the dashboard."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from psycopg import Connection


@dataclass(frozen=True, slots=True)
class Priced:
    """A product's name and what the shop asks for it now."""

    name: str
    price: Decimal | None


def products(connection: Connection[Any], item_ids: Collection[str]) -> dict[str, Priced]:
    """The products that the catalogue has, by id."""
    rows = connection.execute(
        "select item_id, product_name, price from shop.products where item_id = any(%s)",
        [list(item_ids)],
    )
    return {item_id: Priced(name, price) for item_id, name, price in rows}
