"""SQL of the cart."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from apps.storefront.cart.schemas import MAX_QUANTITY
from apps.storefront.events.attribution import Attribution


@dataclass(frozen=True, slots=True)
class CartLine:
    """A product in the cart; `price` of one item, None where it is on request."""

    item_id: str
    product_name: str
    category: str
    price: Decimal | None
    quantity: int


def lines(connection: Connection[Any], user_id: str) -> list[CartLine]:
    """The cart, in the order in which it was filled."""
    with connection.cursor(row_factory=class_row(CartLine)) as cursor:
        return cursor.execute(
            "select item_id, product_name, category, price, quantity"
            " from shop.cart_lines join shop.products using (item_id)"
            " where user_id = %s order by added_at, item_id",
            (user_id,),
        ).fetchall()


def item_count(connection: Connection[Any], user_id: str) -> int:
    """How many items the cart holds."""
    row = connection.execute(
        "select coalesce(sum(quantity), 0) from shop.cart_lines where user_id = %s", (user_id,)
    ).fetchone()
    return int(row[0]) if row else 0


def add(
    connection: Connection[Any],
    user_id: str,
    item_id: str,
    quantity: int,
    attribution: Attribution,
) -> int | None:
    """Put items into the cart, up to the maximum, and return how many were added.

    None if the shop does not sell the product.
    """
    known = connection.execute(
        "select from shop.products where item_id = %s", (item_id,)
    ).fetchone()
    if known is None:
        return None
    before = _quantity(connection, user_id, item_id)
    after = min(MAX_QUANTITY, before + quantity)
    connection.execute(
        "insert into shop.cart_lines"
        " (user_id, item_id, quantity, surface, position, model_version)"
        " values (%s, %s, %s, %s, %s, %s) on conflict (user_id, item_id) do update"
        " set quantity = excluded.quantity",
        (
            user_id,
            item_id,
            after,
            attribution.surface,
            attribution.position,
            attribution.model_version,
        ),
    )
    return after - before


def change(connection: Connection[Any], user_id: str, item_id: str, quantity: int) -> int | None:
    """Set a line's quantity and return by how much it grew; None if there is no such line."""
    row = connection.execute(
        "with before as (select quantity from shop.cart_lines"
        "   where user_id = %(user_id)s and item_id = %(item_id)s for update)"
        " update shop.cart_lines line set quantity = %(quantity)s from before"
        " where user_id = %(user_id)s and item_id = %(item_id)s"
        " returning line.quantity - before.quantity",
        {"user_id": user_id, "item_id": item_id, "quantity": quantity},
    ).fetchone()
    return int(row[0]) if row else None


def remove(connection: Connection[Any], user_id: str, item_id: str) -> None:
    """Take a product out of the cart."""
    connection.execute(
        "delete from shop.cart_lines where user_id = %s and item_id = %s", (user_id, item_id)
    )


def forget(connection: Connection[Any], user_id: str) -> int:
    """Delete the cart; returns the number of its lines."""
    return connection.execute("delete from shop.cart_lines where user_id = %s", (user_id,)).rowcount


def _quantity(connection: Connection[Any], user_id: str, item_id: str) -> int:
    row = connection.execute(
        "select quantity from shop.cart_lines where user_id = %s and item_id = %s",
        (user_id, item_id),
    ).fetchone()
    return int(row[0]) if row else 0
