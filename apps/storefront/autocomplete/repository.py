"""SQL of what is suggested."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection, sql

from apps.storefront.catalog.availability_repository import IS_LISTED, IS_SOLD

_MAX_QUERIES = 5_000
"""Popular ones that are kept in memory."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What of the catalogue is suggested; the popular products come first."""

    item_ids: Sequence[str]
    product_names: Sequence[str]
    products_of: dict[str, int]
    """How many listed products each category has, by path, those below it not counted."""


def stamp(connection: Connection[Any], region: str | None) -> tuple[Any, ...]:
    """A value that differs after each change of what `catalogue` reads, but for popularity."""
    row = connection.execute(
        sql.SQL(
            "select count(*), coalesce(sum(hashtextextended(concat_ws(chr(31), item_id,"
            " product_name, category, stock is distinct from 0), 0)::numeric), 0)"
            " from shop.products where {}"
        ).format(IS_SOLD),
        {"region": region},
    ).fetchone()
    assert row
    return tuple(row)


def catalogue(connection: Connection[Any], region: str | None) -> Catalogue:
    """The products that the shop sells, and its categories."""
    products = connection.execute(
        sql.SQL(
            "select item_id, product_name from shop.products where {}"
            " order by stars_count desc, item_id desc"
        ).format(IS_SOLD),
        {"region": region},
    ).fetchall()
    categories = connection.execute(
        sql.SQL(
            "select category, count(*) from shop.products where category <> '' and {} group by 1"
        ).format(IS_LISTED),
        {"region": region},
    ).fetchall()
    return Catalogue(
        [item_id for item_id, _ in products], [name for _, name in products], dict(categories)
    )


def popular_queries(connection: Connection[Any]) -> list[str]:
    """What many shoppers searched for and found, the most popular first."""
    rows = connection.execute(
        "select query from events.popular_searches where mean_result_count >= 1"
        " order by shoppers desc, query limit %s",
        [_MAX_QUERIES],
    )
    return [query for (query,) in rows]


def own_queries(connection: Connection[Any], user_id: str, limit: int) -> list[str]:
    """What a shopper searched for, the newest first."""
    rows = connection.execute(
        "select query from events.searches where user_id = %s"
        " group by query order by max(timestamp) desc limit %s",
        [user_id, limit],
    )
    return [query for (query,) in rows]
