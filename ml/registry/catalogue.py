"""SQL on the shop's products, as far as serving needs to know them."""

from ml.registry.repository import Connection


def item_categories(connection: Connection) -> dict[str, str]:
    """The path of each product's category in the shop."""
    return dict(connection.execute("select item_id, category from shop.products").fetchall())


def newest_items(connection: Connection, limit: int, *, days: int) -> list[str]:
    """At most `limit` products that arrived in the last `days`, the newest first."""
    rows = connection.execute(
        "select item_id from shop.products"
        " where arrival_date between now() - make_interval(days => %s) and now()"
        " order by arrival_date desc, item_id limit %s",
        (days, limit),
    )
    return [item_id for (item_id,) in rows]


def unavailable_items(connection: Connection) -> list[str]:
    """The products that the shop has and cannot list now: they have not arrived yet."""
    rows = connection.execute("select item_id from shop.products where arrival_date > now()")
    return [item_id for (item_id,) in rows]
