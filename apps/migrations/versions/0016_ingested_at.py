"""When an interaction was stored, by the database's clock; nothing is retrieved through scratch."""

from alembic import op

revision = "0016"
down_revision = "0015"

INGESTED_AT = """
-- Of those that are stored already nobody knows when, so at every instant they were.
alter table events.interactions add ingested_at timestamptz not null default '-infinity';
alter table events.interactions alter ingested_at set default now();
"""

SCRATCH = "drop schema feast_scratch cascade"


def upgrade() -> None:
    op.execute(INGESTED_AT)
    op.execute(SCRATCH)
