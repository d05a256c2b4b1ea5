"""SQL on the shop's merchandising rules and on the products that they name. The shop writes them.

Functions take an open connection.
"""

from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from ml.merchandising import Audience, MerchandisingRule, Target
from ml.registry.repository import Connection
from streams.contracts.category import SEPARATOR, names

_CONDITIONS = {
    "items": sql.SQL("item_id = any(%(items)s)"),
    "category": sql.SQL("starts_with(category || %(separator)s, %(below)s)"),
    "brand": sql.SQL("attributes @> array['brand=' || lower(%(brand)s)]"),
    "new_days": sql.SQL("arrival_date > now() - make_interval(days => %(new_days)s)"),
    "discounted": sql.SQL("price < actual_price"),
    "min_margin": sql.SQL(
        "exists (select from shop.unit_costs unit where unit.item_id = product.item_id"
        " and price - unit.cost >= %(min_margin)s::numeric * price and price > 0)"
    ),
}


def rules(connection: Connection, *, active: bool = False) -> list[MerchandisingRule]:
    """All rules by name, or those of the moment."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            "select name, action, target, amount, department, surface, min_age, max_age, occasion,"
            " starts_at, ends_at from shop.merchandising_rules"
            " where not %s or (starts_at <= now() and now() < ends_at) order by name",
            (active,),
        ).fetchall()
    return [_rule(row) for row in rows]


def target_items(connection: Connection, target: Target) -> dict[str, None]:
    """The products of a target that have arrived: as they are named, else the newest first."""
    rows = connection.execute(
        sql.SQL(
            "select item_id from shop.products product where arrival_date <= now() and {}"
            " order by array_position(%(items)s::text[], item_id), arrival_date desc, item_id"
        ).format(_CONDITIONS[target.kind]),
        {
            "items": list(target.items),
            "separator": SEPARATOR,
            "below": SEPARATOR.join([*names(target.category), ""]),
            "brand": target.brand.strip(),
            "new_days": target.new_days,
            "min_margin": target.min_margin,
        },
    )
    return dict.fromkeys(item_id for (item_id,) in rows)


def _rule(row: dict[str, Any]) -> MerchandisingRule:
    audience = {name: row.pop(name) for name in Audience.model_fields}
    return MerchandisingRule.model_validate({**row, "audience": audience})
