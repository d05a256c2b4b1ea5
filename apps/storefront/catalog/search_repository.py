"""SQL of the catalogue's pages: search, filter, order, and how many products there are."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection, sql

from apps.storefront.catalog.availability_repository import IS_LISTED, IS_SOLD
from apps.storefront.catalog.orders import ORDERS, Place, Sort
from apps.storefront.catalog.repository import LISTED, WITHIN, ListedProduct, below

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class CatalogPage:
    """Some products in their order, and the places from which the list goes on."""

    products: Sequence[ListedProduct]
    first: Place | None
    """Of the first product; None if none comes before it."""
    last: Place | None
    """Of the last product; None if none comes after it."""


def search(
    connection: Connection[Any],
    *,
    text: str,
    category: str,
    order: Sort,
    limit: int,
    offset: int = 0,
    place: Place | None = None,
    is_before: bool = False,
    region: str | None = None,
) -> CatalogPage:
    """A page of the products in `category` that hold all words of `text`.

    A word of `text` is held by a product that has a word beginning with it. A sold-out product is
    found by `text`, as who looks for it wants to know, and is not listed otherwise.

    Args:
        connection: an open one.
        text: words; all products if there are none.
        category: a path; all products if it is empty.
        order: of the products.
        limit: products at most.
        offset: how many products come before the page, if no place is given.
        place: in the order: the page begins right after it.
        is_before: the page ends right before the place instead.
        region: of the shop; None if it sells everywhere.
    """
    if not (found := _found(text, category, region)):
        return CatalogPage((), None, None)
    where, values = found
    columns = ORDERS[order].columns
    goes_down = ORDERS[order].is_descending != is_before
    if place is not None:
        where += sql.SQL(" and ({}) {} ({})").format(
            sql.SQL(", ").join(columns),
            sql.SQL("<" if goes_down else ">"),
            sql.SQL(", ").join(sql.Placeholder(f"place_{n}") for n in range(len(place))),
        )
        values |= {f"place_{n}": value for n, value in enumerate(place)}
    direction = sql.SQL(" desc" if goes_down else " asc")
    with connection.cursor() as cursor:
        rows = cursor.execute(
            sql.SQL(
                "select {}, {} from shop.products where {} order by {}"
                " limit %(limit)s offset %(offset)s"
            ).format(
                LISTED,
                sql.SQL(", ").join(columns),
                where,
                sql.SQL(", ").join(column + direction for column in columns),
            ),
            # One product more tells whether the list goes on.
            values | {"limit": limit + 1, "offset": 0 if place else offset},
        ).fetchall()
    goes_on = len(rows) > limit
    rows = rows[:limit]
    if is_before:
        rows.reverse()
    if not rows:
        return CatalogPage((), None, None)
    width = len(columns)
    return CatalogPage(
        [ListedProduct(*row[:-width]) for row in rows],
        first=rows[0][-width:] if goes_on or not is_before else None,
        last=rows[-1][-width:] if goes_on or is_before else None,
    )


def found_count(
    connection: Connection[Any], *, text: str, category: str, region: str | None = None
) -> int:
    """How many products `search` finds."""
    if not (found := _found(text, category, region)):
        return 0
    where, values = found
    row = connection.execute(
        sql.SQL("select count(*) from shop.products where {}").format(where), values
    ).fetchone()
    return int(row[0]) if row else 0


def _found(
    text: str, category: str, region: str | None
) -> tuple[sql.Composable, dict[str, Any]] | None:
    """The condition of a search with its parameters; None if it can find nothing."""
    words = " & ".join(f"{word}:*" for word in _WORD.findall(text))
    if text and not words:
        return None
    conditions: list[sql.Composable] = [IS_SOLD if words else IS_LISTED]
    if words:
        conditions.append(sql.SQL("words @@ to_tsquery('simple', %(words)s)"))
    if category:
        conditions.append(WITHIN)
    values = {"words": words, "category": category, "below": below(category), "region": region}
    return sql.SQL(" and ").join(conditions), values
