"""Counters of each item by day, and a score that says what is trending."""

from alembic import op

revision = "0012"
down_revision = "0011"

# Rows of items are updated all the time; with room in their pages, without touching an index.
TRENDS = """
create table events.item_counters (
    item_id text not null,
    day date not null,
    views bigint not null,
    rejected_views bigint not null,
    cart_additions bigint not null,
    purchases bigint not null,
    ratings bigint not null,
    primary key (item_id, day)
) with (fillfactor = 70);

create table events.shopper_items (
    user_id text not null,
    day date not null,
    item_id text not null,
    views integer not null,
    rejected_views integer not null,
    cart_additions integer not null,
    purchases integer not null,
    latest timestamptz not null,
    -- What the shopper adds to the item's score: the most that any of it is worth, once.
    weight double precision not null generated always as (
        case
            when purchases > 0 then 3
            when cart_additions > 0 then 2
            when views > rejected_views then 1
            when views > 0 then 0.2
            else 0
        end
    ) stored,
    -- Days first, for old ones are forgotten.
    primary key (day, user_id, item_id)
);

create table events.trending_items (
    item_id text primary key,
    score double precision not null,
    as_of timestamptz not null
) with (fillfactor = 70);
"""

# Scores begin with the upgrade, for shoppers are remembered for a week only.
COUNTERS = """
insert into events.item_counters
select item_id, (timestamp at time zone 'utc')::date,
    count(*) filter (where interaction_type = 'view'),
    count(*) filter (where interaction_type = 'negative_view'),
    count(*) filter (where interaction_type = 'cart'),
    count(*) filter (where interaction_type = 'purchase'),
    count(*) filter (where interaction_type = 'rate')
from events.interactions group by 1, 2;
"""


def upgrade() -> None:
    op.execute(TRENDS)
    op.execute(COUNTERS)
