"""Which products can be ordered now: stock, hidden products, and the regions of a product.

An import of a catalogue does not name these columns: they are the shopkeeper's.
"""

from alembic import op

revision = "0024"
down_revision = "0023"

# The index holds the few products that no list may show: a web worker reads them every second.
AVAILABILITY = """
alter table shop.products
    add stock integer check (stock >= 0),
    add hidden boolean not null default false,
    add regions text[];
create index products_unavailable on shop.products (item_id) where hidden or stock = 0;
create index products_regional on shop.products (item_id) where regions is not null;
"""


def upgrade() -> None:
    op.execute(AVAILABILITY)
