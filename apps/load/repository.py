"""SQL of the load: what has arrived of a click."""

from datetime import datetime

from psycopg import Connection


def item_ids(connection: Connection) -> list[str]:
    """Ids of all products that can be ordered everywhere, the newest first."""
    rows = connection.execute(
        "select item_id from shop.products where not hidden and arrival_date <= now()"
        " and stock is distinct from 0 and regions is null order by arrival_date desc, item_id"
    )
    return [item_id for (item_id,) in rows]


def has_view(connection: Connection, user_id: str, item_id: str, since: datetime) -> bool:
    """Whether the row of a view of this product is there."""
    row = connection.execute(
        "select exists (select from events.interactions where user_id = %s and timestamp >= %s"
        " and item_id = %s and interaction_type = 'view')",
        [user_id, since, item_id],
    ).fetchone()
    return bool(row and row[0])
