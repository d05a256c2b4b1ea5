"""SQL of the cart."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from psycopg import Connection, sql
from psycopg.rows import class_row

from apps.storefront.cart.schemas import MAX_QUANTITY
from apps.storefront.catalog.availability_repository import ORDERABLE, orderable
from apps.storefront.catalog.repository import PICTURE
from apps.storefront.events.attribution import Attribution


@dataclass(frozen=True, slots=True)
class CartLine:
    """A product in the cart; `price` of one item, None where it is on request."""

    item_id: str
    product_name: str
    category: str
    price: Decimal | None
    quantity: int
    orderable: int
    """How many can be ordered now; 0 if the product is sold out or no longer sold."""
    picture: str
    """As PICTURE of the catalogue says."""

    @property
    def is_short(self) -> bool:
        """Whether the line asks for more than there is."""
        return self.quantity > self.orderable


@dataclass(frozen=True, slots=True)
class Addition:
    """What came of putting a product into the cart."""

    added: int
    most: int
    """How many the cart can hold of this product."""


def lines(
    connection: Connection[Any], user_id: str, *, region: str | None = None
) -> list[CartLine]:
    """The cart, in the order in which it was filled."""
    with connection.cursor(row_factory=class_row(CartLine)) as cursor:
        return cursor.execute(
            sql.SQL(
                "select item_id, product_name, category, price, quantity, {} as orderable,"
                " {} as picture"
                " from shop.cart_lines join shop.products using (item_id)"
                " where user_id = %(user_id)s order by added_at, item_id"
            ).format(ORDERABLE, PICTURE),
            {"user_id": user_id, "region": region},
        ).fetchall()


def add(
    connection: Connection[Any],
    user_id: str,
    item_id: str,
    quantity: int,
    attribution: Attribution,
    *,
    region: str | None = None,
) -> Addition | None:
    """Put items into the cart, up to the maximum and to what there is.

    None if the shop does not sell the product.
    """
    available = orderable(connection, item_id, region)
    if available is None:
        return None
    most = min(MAX_QUANTITY, available)
    before = _quantity(connection, user_id, item_id)
    after = min(most, before + quantity)
    if after <= before:
        return Addition(0, most)
    connection.execute(
        "insert into shop.cart_lines"
        " (user_id, item_id, quantity, surface, position, model_version, experiment)"
        " values (%s, %s, %s, %s, %s, %s, %s) on conflict (user_id, item_id) do update"
        " set quantity = excluded.quantity",
        (
            user_id,
            item_id,
            after,
            attribution.surface,
            attribution.position,
            attribution.model_version,
            attribution.experiment,
        ),
    )
    return Addition(after - before, most)


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
