"""SQL on the shop's products, as far as serving needs to know them.

Texts that many rows have in common, and ids that other tables of a process have as keys, are
interned: one object instead of thousands, which a look-up compares by its address.
"""

from collections.abc import Iterable
from sys import intern
from typing import Any

from ml.registry.repository import Connection


def item_categories(connection: Connection) -> dict[str, str]:
    """The path of each product's category in the shop."""
    return _by_item(connection.execute("select item_id, category from shop.products"))


def item_brands(connection: Connection) -> dict[str, str]:
    """The brand of each product that has one, as the search reads it off the name."""
    rows = connection.execute(
        "select item_id, substr(attribute, 7) from shop.products, unnest(attributes) as attribute"
        " where starts_with(attribute, 'brand=')"
    )
    return _by_item(rows)


def _by_item(rows: Iterable[tuple[Any, ...]]) -> dict[str, str]:
    return {intern(item_id): intern(text) for item_id, text in rows}


def newest_items(connection: Connection, limit: int, *, days: int) -> list[str]:
    """At most `limit` products that arrived in the last `days`, the newest first."""
    rows = connection.execute(
        "select item_id from shop.products"
        " where arrival_date between now() - make_interval(days => %s) and now()"
        " order by arrival_date desc, item_id limit %s",
        (days, limit),
    )
    return [item_id for (item_id,) in rows]


def unavailable_items(connection: Connection, region: str | None = None) -> list[str]:
    """The products that the shop has and cannot list now.

    They are hidden, sold out, announced, or not sold in `region`: what
    `apps.storefront.catalog.availability_repository.IS_LISTED` leaves out. Each part of the query
    reads an index of such products alone, so a worker may ask every second.

    Args:
        connection: an open one.
        region: the shop's; None: it sells products of all regions.
    """
    rows = connection.execute(
        """
        select item_id from shop.products where hidden or stock = 0
        union select item_id from shop.products where arrival_date > now()
        union select item_id from shop.products
            where regions is not null and %(region)s::text is not null
            and not %(region)s = any(regions)
        """,
        {"region": region},
    )
    return [item_id for (item_id,) in rows]
