"""SQL on what is stored of one shopper."""

from datetime import datetime
from typing import NamedTuple

from ml.registry.repository import Connection

_REJECTIONS_COUNT = "30 days"


class Met(NamedTuple):
    """What a shopper did with an item, as far as a list depends on it."""

    bought_at: datetime | None
    """When they bought it last; who rates an item has it."""
    rejections: int
    """How many of the last 30 days' views nothing followed."""


def met_items(connection: Connection, user_id: str) -> dict[str, Met]:
    """All items that a user has met, as far as it is stored."""
    rows = connection.execute(
        "select item_id,"
        " max(timestamp) filter (where interaction_type in ('purchase', 'rate')),"
        " count(*) filter (where interaction_type = 'negative_view'"
        " and timestamp > now() - %s::interval)"
        " from events.interactions where user_id = %s group by item_id",
        (_REJECTIONS_COUNT, user_id),
    )
    return {item_id: Met(bought_at, rejections) for item_id, bought_at, rejections in rows}
