"""Which experiment put a product into the cart, and when in the week a merchandising rule works."""

from alembic import op

revision = "0033"
down_revision = "0032"

EXPERIMENTS_AND_OCCASIONS = """
alter table shop.cart_lines add experiment text;
-- Weekdays, hours and what is in the cart; empty: always.
alter table shop.merchandising_rules add occasion jsonb not null default '{}';
"""


def upgrade() -> None:
    op.execute(EXPERIMENTS_AND_OCCASIONS)
