"""SQL of the orders."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg import Connection, sql
from psycopg.rows import class_row

from apps.storefront.catalog.availability_repository import IS_SOLD, ORDERABLE
from apps.storefront.catalog.repository import PICTURE
from apps.storefront.events.attribution import Attribution


@dataclass(frozen=True, slots=True)
class Purchase:
    """A line that is being bought, with the list that led to it."""

    item_id: str
    quantity: int
    unit_price: Decimal | None
    surface: str | None
    position: int | None
    model_version: str | None
    experiment: str | None

    @property
    def attribution(self) -> Attribution:
        """The list that led to the product."""
        return Attribution(
            surface=self.surface,
            position=self.position,
            model_version=self.model_version,
            experiment=self.experiment,
        )


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A product as it was bought; `unit_price` None where it was on request."""

    order_id: UUID
    placed_at: datetime
    item_id: str
    product_name: str
    category: str
    quantity: int
    unit_price: Decimal | None
    picture: str
    """As PICTURE of the catalogue says."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order with its lines."""

    order_id: UUID
    placed_at: datetime
    lines: tuple[OrderLine, ...]

    @property
    def total(self) -> Decimal:
        """What the lines with a price cost together."""
        priced = (line.unit_price * line.quantity for line in self.lines if line.unit_price)
        return sum(priced, Decimal(0))

    @property
    def has_open_prices(self) -> bool:
        """Whether a price is on request."""
        return any(line.unit_price is None for line in self.lines)


def take_cart(connection: Connection[Any], user_id: str) -> list[Purchase]:
    """Empty the cart and return what was in it, at today's prices."""
    with connection.cursor(row_factory=class_row(Purchase)) as cursor:
        return cursor.execute(
            "delete from shop.cart_lines line using shop.products product"
            " where line.user_id = %s and product.item_id = line.item_id"
            " returning line.item_id, line.quantity, product.price as unit_price,"
            " line.surface, line.position, line.model_version, line.experiment",
            (user_id,),
        ).fetchall()


def single(
    connection: Connection[Any],
    item_id: str,
    quantity: int,
    attribution: Attribution,
    *,
    region: str | None = None,
) -> list[Purchase]:
    """One product bought without the cart; empty if the shop does not sell it."""
    row = connection.execute(
        sql.SQL("select price from shop.products where item_id = %(item_id)s and {}").format(
            IS_SOLD
        ),
        {"item_id": item_id, "region": region},
    ).fetchone()
    return [Purchase(item_id, quantity, row[0], **attribution.model_dump())] if row else []


def take_stock(
    connection: Connection[Any], purchases: Sequence[Purchase], *, region: str | None = None
) -> int | None:
    """Take what is bought out of the stock: all of it, or nothing.

    Orders of the same products wait for each other until the end of this transaction.

    Returns:
        None, or how many can be ordered of a product of which there are not enough.
    """
    item_ids = sorted(bought.item_id for bought in purchases)
    # The locks come in one order: two orders of the same products never wait for each other.
    connection.execute(
        "select from shop.products where item_id = any(%s) and stock is not null"
        " order by item_id for no key update",
        (item_ids,),
    )
    orderable = dict(
        connection.execute(
            sql.SQL("select item_id, {} from shop.products where item_id = any(%(ids)s)").format(
                ORDERABLE
            ),
            {"ids": item_ids, "region": region},
        ).fetchall()
    )
    for bought in purchases:
        if bought.quantity > orderable[bought.item_id]:
            return int(orderable[bought.item_id])
    connection.execute(
        "update shop.products product set stock = stock - bought.quantity"
        " from unnest(%s::text[], %s::integer[]) bought (item_id, quantity)"
        " where product.item_id = bought.item_id and stock is not null",
        (
            [bought.item_id for bought in purchases],
            [bought.quantity for bought in purchases],
        ),
    )
    return None


def place(
    connection: Connection[Any], order_id: UUID, user_id: str, purchases: Sequence[Purchase]
) -> None:
    """Write an order."""
    connection.execute(
        "insert into shop.orders (order_id, user_id) values (%s, %s)", (order_id, user_id)
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into shop.order_lines (order_id, item_id, quantity, unit_price)"
            " values (%s, %s, %s, %s)",
            [
                (order_id, bought.item_id, bought.quantity, bought.unit_price)
                for bought in purchases
            ],
        )


def history(connection: Connection[Any], user_id: str, *, limit: int, offset: int) -> list[Order]:
    """A shopper's orders, newest first."""
    return _orders(
        connection,
        sql.SQL(
            "select order_id from shop.orders where user_id = %s"
            " order by placed_at desc, order_id limit %s offset %s"
        ),
        (user_id, limit, offset),
    )


def find(connection: Connection[Any], user_id: str, order_id: UUID) -> Order | None:
    """An order of this shopper."""
    found = _orders(
        connection,
        sql.SQL("select order_id from shop.orders where user_id = %s and order_id = %s"),
        (user_id, order_id),
    )
    return found[0] if found else None


def forget_shopper(connection: Connection[Any], user_id: str) -> int:
    """Keep the shopper's orders without the shopper; returns their number."""
    return connection.execute(
        "update shop.orders set user_id = null where user_id = %s", (user_id,)
    ).rowcount


def _orders(connection: Connection[Any], ids: sql.SQL, values: Sequence[object]) -> list[Order]:
    with connection.cursor(row_factory=class_row(OrderLine)) as cursor:
        lines = cursor.execute(
            sql.SQL(
                "select order_id, placed_at, item_id, product_name, category, quantity, unit_price,"
                " {} as picture"
                " from shop.orders join shop.order_lines using (order_id)"
                " join shop.products using (item_id) where order_id in ({})"
                " order by placed_at desc, order_id, product_name"
            ).format(PICTURE, ids),
            values,
        ).fetchall()
    orders: dict[UUID, list[OrderLine]] = {}
    for line in lines:
        orders.setdefault(line.order_id, []).append(line)
    return [
        Order(order_id, bought[0].placed_at, tuple(bought)) for order_id, bought in orders.items()
    ]
