"""SQL on what is stored of one shopper."""

from datetime import datetime, timedelta
from typing import NamedTuple

from ml.registry.repository import Connection
from streams.contracts.category import names

REJECTIONS_COUNT = timedelta(days=30)
"""For so long a view that nothing followed counts."""


class Met(NamedTuple):
    """What a shopper did with an item, as far as a list depends on it."""

    bought_at: datetime | None
    """When they bought it last; who rates an item has it."""
    rejections: int
    """How many of the last 30 days' views nothing followed."""
    purchased_at: datetime | None = None
    """When they paid for it last, which a rating does not say."""


STATED = (
    "select 0 as place, array_to_string(preferences, '|') as preferences"
    " from shop.users where user_id = %s"
    " union all select 1, preferences from events.new_users where user_id = %s"
)
"""The preferences of an account, and after them those of the event of a sign-up, `|`-joined. It
takes the user's id twice."""


def preferences(connection: Connection, user_id: str) -> tuple[str, ...]:
    """Categories that a user likes: those of the account, else of the event of the sign-up."""
    row = connection.execute(f"{STATED} order by place limit 1", (user_id, user_id)).fetchone()
    return tuple(names(row[1])) if row and row[1] else ()


def reached_age(connection: Connection, user_id: str) -> int | None:
    """The age in years that a user has certainly reached; None without a stated year of birth."""
    row = connection.execute(
        "select extract(year from now() at time zone 'UTC')::integer - birth_year - 1"
        " from shop.users where user_id = %s",
        (user_id,),
    ).fetchone()
    return row[0] if row else None


def met_items(connection: Connection, user_id: str) -> dict[str, Met]:
    """All items that a user has met, as far as it is stored."""
    rows = connection.execute(
        "select item_id,"
        " max(timestamp) filter (where interaction_type in ('purchase', 'rate')),"
        " count(*) filter (where interaction_type = 'negative_view'"
        " and timestamp > now() - %s),"
        " max(timestamp) filter (where interaction_type = 'purchase')"
        " from events.interactions where user_id = %s group by item_id",
        (REJECTIONS_COUNT, user_id),
    )
    return {item_id: Met(*known) for item_id, *known in rows}
