"""SQL of the catalogue's pages: the products of a category in an order, a page at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection, sql

from apps.storefront.catalog.availability_repository import IS_LISTED
from apps.storefront.catalog.orders import ORDERS, Order, Place, Sort
from apps.storefront.catalog.repository import LISTED, ListedProduct


@dataclass(frozen=True, slots=True)
class CatalogPage:
    """Some products in their order, and the places from which the list goes on."""

    products: Sequence[ListedProduct]
    first: Place | None
    """Of the first product; None if none comes before it."""
    last: Place | None
    """Of the last product; None if none comes after it."""


@dataclass(frozen=True, slots=True)
class Paging:
    """Which part of a list."""

    limit: int
    """Products at most."""
    offset: int = 0
    """How many products come before the page, if no place is given."""
    place: Place | None = None
    """In the order: the page begins right after it."""
    is_before: bool = False
    """The page ends right before the place instead."""


def list_products(
    connection: Connection[Any],
    condition: sql.Composable,
    values: Mapping[str, Any],
    *,
    order: Sort,
    paging: Paging,
) -> CatalogPage:
    """A page of the products for which a condition holds.

    Args:
        connection: an open one.
        condition: on `shop.products`.
        values: its parameters.
        order: of the products.
        paging: the part of the list.
    """
    asked = ORDERS[order]
    with connection.cursor() as cursor:
        rows = cursor.execute(
            sql.SQL(
                "select {}, {} from shop.products where {} and {} order by {}"
                " limit %(limit)s offset %(offset)s"
            ).format(
                LISTED,
                sql.SQL(", ").join(asked.columns),
                condition,
                after(asked, paging),
                directed(asked, paging),
            ),
            {**values, **paging_values(paging)},
        ).fetchall()
    width = len(asked.columns)
    return page_of([(ListedProduct(*row[:-width]), row[-width:]) for row in rows], paging)


def listed_after(
    connection: Connection[Any], item_id: str, limit: int, *, region: str | None
) -> list[ListedProduct]:
    """The first products that lists may show, of those whose ids come after one, by their ids."""
    query = sql.SQL(
        "select {} from shop.products where item_id > %(item_id)s and {}"
        " order by item_id limit %(limit)s"
    ).format(LISTED, IS_LISTED)
    rows = connection.execute(query, {"item_id": item_id, "limit": limit, "region": region})
    return [ListedProduct(*row) for row in rows]


def listed_count(
    connection: Connection[Any], condition: sql.Composable, values: Mapping[str, Any]
) -> int:
    """For how many products a condition holds."""
    row = connection.execute(
        sql.SQL("select count(*) from shop.products where {}").format(condition), values
    ).fetchone()
    return int(row[0]) if row else 0


def after(order: Order, paging: Paging) -> sql.Composable:
    """The condition that a row comes on the page or later. Needs `paging_values`."""
    if paging.place is None:
        return sql.SQL("true")
    goes_down = order.is_descending != paging.is_before
    return sql.SQL("({}) {} ({})").format(
        sql.SQL(", ").join(order.columns),
        sql.SQL("<" if goes_down else ">"),
        sql.SQL(", ").join(sql.Placeholder(f"place_{n}") for n in range(len(paging.place))),
    )


def directed(order: Order, paging: Paging) -> sql.Composable:
    """The columns by which a page is ordered, for `order by`."""
    goes_down = order.is_descending != paging.is_before
    direction = sql.SQL(" desc" if goes_down else " asc")
    return sql.SQL(", ").join(column + direction for column in order.columns)


def paging_values(paging: Paging) -> dict[str, Any]:
    """The parameters of `after`, `limit` and `offset`.

    One product more than the page has tells whether the list goes on.
    """
    named = {f"place_{n}": value for n, value in enumerate(paging.place or ())}
    return named | {"limit": paging.limit + 1, "offset": 0 if paging.place else paging.offset}


def page_of(rows: Sequence[tuple[ListedProduct, Place]], paging: Paging) -> CatalogPage:
    """A page of the products and their places that the query has found."""
    goes_on = len(rows) > paging.limit
    rows = rows[: paging.limit]
    if paging.is_before:
        rows = rows[::-1]
    if not rows:
        return CatalogPage((), None, None)
    return CatalogPage(
        [product for product, _ in rows],
        first=rows[0][1] if goes_on or not paging.is_before else None,
        last=rows[-1][1] if goes_on or paging.is_before else None,
    )
