"""An index for each order of the catalogue, whose pages go on from the last product shown.

Their expressions are those of apps/storefront/catalog/orders.py: no value is null, and all parts
of an order go one way, so that one comparison of rows finds the next page.
"""

from alembic import op

revision = "0025"
down_revision = "0024"

ORDERS = """
drop index shop.products_arrival;
create index products_newest on shop.products (arrival_date, item_id);
create index products_rating on shop.products (coalesce(stars, 0), stars_count, item_id);
create index products_cheapest on shop.products (coalesce(price, 10000000000), item_id);
create index products_dearest on shop.products (coalesce(price, -1), item_id);
"""


def upgrade() -> None:
    op.execute(ORDERS)
