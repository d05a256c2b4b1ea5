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


def upgrade() -> None:
    for statements in (REVIEWS, POPULAR):
        op.execute(statements)
