"""What shoppers find: past reviews, the popular order of the catalogue, searches.

A review that came with a data set is part of the rating that the catalogue brought, so it is not
counted in the stars a second time.
"""

from alembic import op

revision = "0029"
down_revision = "0028"

REVIEWS = """
alter table shop.reviews add column is_in_catalogue_rating boolean not null default false;
"""

POPULAR = """
create index products_popular on shop.products (stars_count, item_id);
"""

SEARCHES = """
create table events.searches (
    search_id uuid primary key,
    user_id text not null,
    timestamp timestamptz not null,
    query text not null,
    result_count integer not null,
    surface text not null,
    session_id text
);
create index searches_user on events.searches (user_id, timestamp);
create index searches_time on events.searches (timestamp);
create trigger hold_off_erasures before insert on events.searches
    for each statement execute function events.hold_off_erasures();
create trigger remove_erased_users after insert on events.searches
    referencing new table as written
    for each statement execute function events.remove_erased_users();

-- k-anonymity: a query that fewer shoppers sent may be about one of them, and is nobody's business.
create view events.popular_searches as
select query, count(distinct user_id) as shoppers, count(*) as searches,
    avg(result_count)::float8 as mean_result_count, max(timestamp) as latest
from events.searches
where timestamp > now() - interval '90 days'
group by query having count(distinct user_id) >= 5;
"""


def upgrade() -> None:
    for statements in (REVIEWS, POPULAR, SEARCHES):
        op.execute(statements)
