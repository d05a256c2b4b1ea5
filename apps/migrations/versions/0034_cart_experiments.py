"""Which experiment put a product into the cart, so that its purchase can say so."""

from alembic import op

revision = "0034"
down_revision = "0032"


def upgrade() -> None:
    op.execute("alter table shop.cart_lines add experiment text")
