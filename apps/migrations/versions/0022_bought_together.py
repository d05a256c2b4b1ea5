"""Which items the shoppers who bought an item bought as well, by version of the model.

A row per item with arrays, not one per pair: a million pairs are 30 MB so, and 100 MB otherwise.
"""

from alembic import op

revision = "0022"
down_revision = "0021"

BOUGHT_TOGETHER = """
create table ml.bought_together (
    version text not null references ml.model_versions on delete cascade,
    item_id text not null,
    together text[] not null,
    shoppers integer[] not null,
    lifts real[] not null,
    primary key (version, item_id),
    check (cardinality(together) > 0 and cardinality(together) = cardinality(shoppers)
        and cardinality(together) = cardinality(lifts))
);
"""


def upgrade() -> None:
    op.execute(BOUGHT_TOGETHER)
