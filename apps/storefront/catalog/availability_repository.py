"""SQL of what can be ordered now: conditions for other queries, and the shopkeeper's changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection, sql
from psycopg.rows import class_row

IS_SOLD = sql.SQL(
    "not hidden and arrival_date <= now()"
    " and (%(region)s::text is null or regions is null or %(region)s = any(regions))"
)
"""The shop has the product, though it may be sold out. Needs the parameter `region`."""
IS_LISTED = sql.SQL("{} and stock is distinct from 0").format(IS_SOLD)
"""Lists may show the product: it is sold and not sold out. Needs the parameter `region`."""
ORDERABLE = sql.SQL("case when {} then coalesce(stock, 2147483647) else 0 end").format(IS_SOLD)
"""How many can be ordered: 0 if it is sold out or not sold. Needs the parameter `region`."""


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether a product can be ordered."""

    item_id: str
    product_name: str
    stock: int | None
    """None: the shop does not count it."""
    hidden: bool
    regions: Sequence[str] | None
    """Where it is sold; None: everywhere."""


_COLUMNS = sql.SQL("item_id, product_name, stock, hidden, regions")


def orderable(connection: Connection[Any], item_id: str, region: str | None) -> int | None:
    """How many of a product can be ordered; None if the shop does not sell it."""
    row = connection.execute(
        sql.SQL("select {} from shop.products where item_id = %(item_id)s and {}").format(
            ORDERABLE, IS_SOLD
        ),
        {"item_id": item_id, "region": region},
    ).fetchone()
    return int(row[0]) if row else None


def set_hidden(connection: Connection[Any], item_id: str, hidden: bool) -> Availability | None:  # noqa: FBT001
    """Take a product out of the shop, or put it back; None if the catalogue lacks it."""
    return _change(connection, "hidden", hidden, item_id)


def set_stock(connection: Connection[Any], item_id: str, stock: int | None) -> Availability | None:
    """Say how many there are, None: not counted; None if the catalogue lacks the product."""
    return _change(connection, "stock", stock, item_id)


def set_regions(
    connection: Connection[Any], item_id: str, regions: Sequence[str] | None
) -> Availability | None:
    """Say where a product is sold, None: everywhere; None if the catalogue lacks it."""
    return _change(connection, "regions", list(regions) if regions is not None else None, item_id)


def _change(
    connection: Connection[Any], column: str, value: object, item_id: str
) -> Availability | None:
    with connection.cursor(row_factory=class_row(Availability)) as cursor:
        return cursor.execute(
            sql.SQL("update shop.products set {} = %s where item_id = %s returning {}").format(
                sql.Identifier(column), _COLUMNS
            ),
            (value, item_id),
        ).fetchone()
