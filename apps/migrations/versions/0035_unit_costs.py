"""What a product costs the shop: merchandising rules may name products by their margin."""

from alembic import op

revision = "0035"
down_revision = "0034"

# No column of shop.products: other roles read that table, and nobody but the shop reads costs.
UNIT_COSTS = """
create table shop.unit_costs (
    item_id text primary key references shop.products on delete cascade,
    cost numeric(12, 2) not null check (cost >= 0)
);
"""


def upgrade() -> None:
    op.execute(UNIT_COSTS)
