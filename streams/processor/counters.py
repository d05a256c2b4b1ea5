"""SQL of the counters of items and of their trending scores.

events.item_counters counts everything that happened with an item on a day. A score adds up what
the shoppers of the last days did with the item, and halves every `HALF_LIFE`. It decays forward
(Cormode, Shkapenyuk, Srivastava, Xu: Forward Decay, ICDE 2009): a row has the sum as of one
instant, and what arrives adds its weight at its own instant, however late it comes. So a score is
a function of the set of events, and the order of scores stays while nothing happens.

events.shopper_items has a row for what one shopper did with one item on one day (UTC). It counts
once, with the largest weight of any of it, at its latest instant: who views a product a thousand
times adds what one view adds. A shopper with more than `MAX_ITEMS` products on a day is taken for a
program and adds nothing on that day (activity-based filtration: MRC, Invalid Traffic Detection and
Filtration Guidelines, 2020).
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from psycopg import Connection

from streams.contracts import Interaction, InteractionType

HALF_LIFE = timedelta(days=1)
"""After which what a shopper did counts half."""
MEMORY = timedelta(days=7)
"""An event that is older when it arrives would add less than 1 % of its weight: it is counted, and
adds nothing to a score."""
MAX_ITEMS = 300
"""Products that one shopper may meet on one day without being taken for a program."""
FLOOR = 0.5 ** (MEMORY / HALF_LIFE)
"""The score from which on an item is trending: one view as old as `MEMORY`."""

_COUNTER_OF = {
    InteractionType.VIEW: "views",
    InteractionType.CART: "cart_additions",
    InteractionType.PURCHASE: "purchases",
    InteractionType.RATE: "ratings",
}
_SCORED = ("views", "rejected_views", "cart_additions", "purchases")
"""Not ratings: they say how something was that was bought before."""
_COUNTERS = (*_SCORED, "ratings")


class Count(NamedTuple):
    """One step of one counter."""

    user_id: str
    item_id: str
    at: datetime
    counter: str
    step: int = 1


def count_of(event: Interaction) -> Count:
    """The step that an event of a public topic is."""
    return Count(event.user_id, event.item_id, event.timestamp, _COUNTER_OF[event.interaction_type])


def add(connection: Connection, counts: Sequence[Count], now: datetime) -> None:
    """Add to the counters and scores; the rows stay locked until the transaction ends.

    Every transaction locks counters, then shoppers' rows, then scores, and each of them in order,
    so that no two wait for each other.
    """
    if not counts:
        return
    by_item: dict[tuple[str, date], list[int]] = {}
    by_shopper: dict[tuple[date, str, str], list[int]] = {}
    latest: dict[tuple[date, str, str], datetime] = {}
    oldest = now - MEMORY
    for user_id, item_id, at, counter, step in counts:
        day, place = at.astimezone(UTC).date(), _COUNTERS.index(counter)
        of_item = by_item.get((item_id, day))
        if of_item is None:
            of_item = by_item[item_id, day] = [0] * len(_COUNTERS)
        of_item[place] += step
        if place < len(_SCORED) and at > oldest:
            key = (day, user_id, item_id)
            of_shopper = by_shopper.get(key)
            if of_shopper is None:
                of_shopper, latest[key] = by_shopper.setdefault(key, [0] * len(_SCORED)), at
            of_shopper[place] += step
            latest[key] = max(latest[key], at)
    rows = [(*key, *by_item[key]) for key in sorted(by_item)]
    connection.execute(_ADD_TO_COUNTERS, _columns(("item_id", "day", *_COUNTERS), rows))
    if by_shopper:
        scores = [(*key, *by_shopper[key], latest[key]) for key in sorted(by_shopper)]
        names = ("day", "user_id", "item_id", *_SCORED, "latest")
        connection.execute(_ADD_TO_SCORES, {**_columns(names, scores), "max_items": MAX_ITEMS})


def trending(connection: Connection, limit: int) -> list[tuple[str, str]]:
    """Item id and category of up to `limit` products whose score reaches `FLOOR`, best first."""
    return connection.execute(_TRENDING, [FLOOR, limit]).fetchall()


def categories(connection: Connection) -> list[str]:
    """The category paths of all products."""
    rows = connection.execute("select distinct category from shop.products")
    return [category for (category,) in rows]


def forget(connection: Connection, limit: int) -> int:
    """Forget up to `limit` rows of shoppers to which no event can add any more; counts them."""
    cursor = connection.execute(
        "delete from events.shopper_items where (user_id, day, item_id) in ("
        " select user_id, day, item_id from events.shopper_items"
        # An event on that day is older than the memory, even by a clock that is a day behind.
        " where day < (now() at time zone 'utc' - %s)::date - 1"
        " limit %s for update skip locked)",
        [MEMORY, limit],
    )
    return cursor.rowcount


def _decayed(value: str, at: str, as_of: str) -> str:
    """SQL: what a value at one instant is at a later one. 2^-1000 is 0; PostgreSQL refuses less."""
    half_lives = f"extract(epoch from {at} - {as_of}) / {HALF_LIFE.total_seconds()}"
    return f"{value} * power(2, greatest({half_lives}, -1000)::double precision)"


_TRENDING = f"""
select item_id, category
from (select item_id, {_decayed("score", "as_of", "now()")} as score
    from events.trending_items) scored join shop.products using (item_id)
where score >= %s order by score desc, item_id limit %s
"""  # noqa: S608 - made of constants
_ADD_TO_COUNTERS = """
insert into events.item_counters as c
    (item_id, day, views, rejected_views, cart_additions, purchases, ratings)
select * from unnest(%(item_id)b::text[], %(day)b::date[], %(views)b::bigint[],
    %(rejected_views)b::bigint[], %(cart_additions)b::bigint[], %(purchases)b::bigint[],
    %(ratings)b::bigint[])
on conflict (item_id, day) do update set
    views = c.views + excluded.views,
    rejected_views = c.rejected_views + excluded.rejected_views,
    cart_additions = c.cart_additions + excluded.cart_additions,
    purchases = c.purchases + excluded.purchases,
    ratings = c.ratings + excluded.ratings
"""
_NEWEST = "greatest(t.as_of, excluded.as_of)"
# No statement sees its own rows: `known` are the shopper's items before it. There are no joins, so
# that no plan of one can be wrong while the tables are new.
_ADD_TO_SCORES = f"""
with touched as (
    insert into events.shopper_items as s
        (user_id, day, item_id, views, rejected_views, cart_additions, purchases, latest)
    select * from unnest(%(user_id)b::text[], %(day)b::date[], %(item_id)b::text[],
        %(views)b::int[], %(rejected_views)b::int[], %(cart_additions)b::int[],
        %(purchases)b::int[], %(latest)b::timestamptz[])
    on conflict (user_id, day, item_id) do update set
        views = s.views + excluded.views,
        rejected_views = s.rejected_views + excluded.rejected_views,
        cart_additions = s.cart_additions + excluded.cart_additions,
        purchases = s.purchases + excluded.purchases,
        latest = greatest(s.latest, excluded.latest)
    returning user_id, day, item_id, new.weight, new.latest,
        old.weight as old_weight, old.latest as old_latest
), shoppers as (
    select user_id, day, count(*) filter (where old_latest is null) as fresh,
        array_agg(item_id) as item_ids, array_agg(weight) as weights, array_agg(latest) as latests,
        array_agg(old_weight) as old_weights, array_agg(old_latest) as old_latests
    from touched group by user_id, day
), counted as (
    select shoppers.*, known, known + fresh as met
    from shoppers cross join lateral (select count(*) as known
        from (select from events.shopper_items s
            where s.user_id = shoppers.user_id and s.day = shoppers.day
            limit %(max_items)s + 1) bounded) before
), changes as (
    select item_id, change.weight, change.latest
    from counted
    cross join lateral unnest(item_ids, weights, latests, old_weights, old_latests)
        as touch (item_id, weight, latest, old_weight, old_latest)
    cross join lateral (values (touch.weight, touch.latest), (-old_weight, old_latest))
        as change (weight, latest)
    where met <= %(max_items)s and change.latest is not null
    union all -- who has just met an item too many loses the whole day
    select lost.item_id, -lost.weight, lost.latest
    from counted
    cross join lateral (select item_id, weight, latest from events.shopper_items s
        where s.user_id = counted.user_id and s.day = counted.day limit %(max_items)s) lost
    where known <= %(max_items)s and met > %(max_items)s
), dated as (
    select *, max(latest) over (partition by item_id) as as_of from changes
)
insert into events.trending_items as t (item_id, score, as_of)
select item_id, sum({_decayed("weight", "latest", "as_of")}), as_of
from dated group by item_id, as_of order by item_id
on conflict (item_id) do update set
    score = {_decayed("t.score", "t.as_of", _NEWEST)}
        + {_decayed("excluded.score", "excluded.as_of", _NEWEST)},
    as_of = {_NEWEST}
"""  # noqa: S608 - made of constants


def _columns(names: Sequence[str], rows: Sequence[tuple[object, ...]]) -> dict[str, object]:
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
