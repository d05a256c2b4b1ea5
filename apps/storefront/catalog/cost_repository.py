"""SQL of what products cost the shop."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from psycopg import Connection

from streams.errors import ConfigurationError

_MAX_NAMED = 5


def every_cost(connection: Connection[Any]) -> list[tuple[str, str, Decimal | None]]:
    """Id, name and cost of every product, by id; None: the cost is not known."""
    return connection.execute(
        "select item_id, product_name, cost from shop.products"
        " left join shop.unit_costs using (item_id) order by item_id"
    ).fetchall()


def set_costs(connection: Connection[Any], costs: Mapping[str, Decimal | None]) -> None:
    """Say what products cost; those that are not named keep their cost.

    Args:
        connection: an open one; the caller commits.
        costs: of one unit, by item id; None: it is not known any longer.

    Raises:
        ConfigurationError: the catalogue lacks some of the products. Nothing is changed.
    """
    item_ids = list(costs)
    rows = connection.execute(
        "select item_id from unnest(%s::text[]) as named (item_id) where not exists"
        " (select from shop.products product where product.item_id = named.item_id)"
        " order by item_id",
        (item_ids,),
    ).fetchall()
    if rows:
        unknown = ", ".join(item_id for (item_id,) in rows[:_MAX_NAMED])
        more = f" and {len(rows) - _MAX_NAMED:,} more" if len(rows) > _MAX_NAMED else ""
        raise ConfigurationError(f"the catalogue has no product {unknown}{more}")
    connection.execute("delete from shop.unit_costs where item_id = any(%s)", (item_ids,))
    with (
        connection.cursor() as cursor,
        cursor.copy("copy shop.unit_costs (item_id, cost) from stdin") as copy,
    ):
        for item_id, cost in costs.items():
            if cost is not None:
                copy.write_row((item_id, cost))
