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

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from psycopg import Connection

from streams.contracts import InteractionType
from streams.processor.json_array import json_array

HALF_LIFE = timedelta(days=1)
"""After which what a shopper did counts half."""
MEMORY = timedelta(days=7)
"""An event that is older when it arrives would add less than 1 % of its weight: it is counted, and
adds nothing to a score."""
MAX_ITEMS = 300
"""Products that one shopper may meet on one day without being taken for a program."""
FLOOR = 0.5 ** (MEMORY / HALF_LIFE)
"""The score from which on an item is trending: one view as old as `MEMORY`."""

_KINDS = {
    "views": InteractionType.VIEW,
    "rejected_views": InteractionType.NEGATIVE_VIEW,
    "cart_additions": InteractionType.CART,
    "purchases": InteractionType.PURCHASE,
    "ratings": InteractionType.RATE,
}
"""What each counter counts."""
_SCORED = ("views", "rejected_views", "cart_additions", "purchases")
"""Not ratings: they say how something was that was bought before."""


def add_events(connection: Connection, events: Sequence[bytes], now: datetime) -> None:
    """Add encoded interactions to the counters and scores.

    The rows stay locked until the transaction ends. Every statement locks shoppers' rows, then
    scores, then counters, and each of them in order, so that no two wait for each other.
    """
    if events:
        connection.execute(_ADD_EVENTS, {"events": json_array(events), **_bounds(now)})


def add_rejections(
    connection: Connection, rejected: Sequence[bytes], withdrawn: Sequence[bytes], now: datetime
) -> None:
    """Add encoded verdicts as `add_events` adds events.

    Args:
        connection: whose transaction it is part of.
        rejected: on views that are rejected now.
        withdrawn: on views that are not rejected any more.
        now: the instant of the scores.
    """
    if rejected or withdrawn:
        parameters = {"rejected": json_array(rejected), "withdrawn": json_array(withdrawn)}
        connection.execute(_ADD_REJECTIONS, {**parameters, **_bounds(now)})


def _bounds(now: datetime) -> dict[str, object]:
    return {"now": now, "oldest": now - MEMORY, "max_items": MAX_ITEMS}


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
_EVENTS = """
select user_id, item_id, timestamp as at, interaction_type as kind, 1 as step
from json_to_recordset(%(events)s::json)
    as event (user_id text, item_id text, timestamp timestamptz, interaction_type text)
"""
_VERDICTS = """
select user_id, item_id, timestamp as at, '{kind}' as kind, {step} as step
from json_to_recordset(%({name})s::json)
    as verdict (user_id text, item_id text, timestamp timestamptz)
"""
_REJECTIONS = " union all ".join(
    _VERDICTS.format(name=name, kind=InteractionType.NEGATIVE_VIEW, step=step)
    for name, step in (("rejected", 1), ("withdrawn", -1))
)


def _sums(names: Iterable[str]) -> str:
    """SQL: the counters of a group of steps."""
    return ", ".join(
        f"coalesce(sum(step) filter (where kind = '{_KINDS[name]}'), 0)" for name in names
    )


# No statement sees its own rows: `known` are the shopper's items before it. There are no joins, so
# that no plan of one can be wrong while the tables are new.
_NEWEST = "greatest(t.as_of, excluded.as_of)"
_ADD = f"""
with steps as materialized (
    select *, (at at time zone 'utc')::date as day from ({{steps}}) step
), counters as (
    insert into events.item_counters as c (item_id, day, {", ".join(_KINDS)})
    select item_id, day, {_sums(_KINDS)} from steps group by item_id, day order by item_id, day
    on conflict (item_id, day) do update set
        views = c.views + excluded.views,
        rejected_views = c.rejected_views + excluded.rejected_views,
        cart_additions = c.cart_additions + excluded.cart_additions,
        purchases = c.purchases + excluded.purchases,
        ratings = c.ratings + excluded.ratings
), touched as (
    insert into events.shopper_items as s (user_id, day, item_id, {", ".join(_SCORED)}, latest)
    select user_id, day, item_id, {_sums(_SCORED)}, max(at)
    from steps where kind <> '{InteractionType.RATE}' and at > %(oldest)s
    group by user_id, day, item_id order by day, user_id, item_id
    on conflict (user_id, day, item_id) do update set
        views = s.views + excluded.views,
        rejected_views = s.rejected_views + excluded.rejected_views,
        cart_additions = s.cart_additions + excluded.cart_additions,
        purchases = s.purchases + excluded.purchases,
        latest = greatest(s.latest, excluded.latest)
    returning user_id, day, item_id, new.weight, new.latest,
        old.weight as old_weight, old.latest as old_latest
), shoppers as (
    select user_id, day, known, known + fresh as met
    from (select user_id, day, count(*) filter (where old_latest is null) as fresh
        from touched group by user_id, day) of_batch
    cross join lateral (select count(*) as known
        from (select from events.shopper_items s
            where s.user_id = of_batch.user_id and s.day = of_batch.day
            limit %(max_items)s + 1) bounded) before
), programs as (
    select * from shoppers where met > %(max_items)s
), changes as (
    select item_id, weight, latest from touched
    where (user_id, day) not in (select user_id, day from programs)
    union all
    select item_id, -old_weight, old_latest from touched
    where old_latest is not null and (user_id, day) not in (select user_id, day from programs)
    union all -- who has just met an item too many loses the whole day
    select lost.item_id, -lost.weight, lost.latest
    from programs
    cross join lateral (select item_id, weight, latest from events.shopper_items s
        where s.user_id = programs.user_id and s.day = programs.day limit %(max_items)s) lost
    where known <= %(max_items)s
)
insert into events.trending_items as t (item_id, score, as_of)
select item_id, sum({_decayed("weight", "latest", "%(now)s")}), %(now)s
from changes group by item_id order by item_id
on conflict (item_id) do update set
    score = {_decayed("t.score", "t.as_of", _NEWEST)}
        + {_decayed("excluded.score", "excluded.as_of", _NEWEST)},
    as_of = {_NEWEST}
"""  # noqa: S608 - made of constants
_ADD_EVENTS = _ADD.format(steps=_EVENTS)
_ADD_REJECTIONS = _ADD.format(steps=_REJECTIONS)
