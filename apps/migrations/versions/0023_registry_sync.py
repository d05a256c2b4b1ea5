"""When the versions were copied to the model registry, and since when that fails."""

from alembic import op

revision = "0023"
down_revision = "0022"

REGISTRY_SYNC = """
create table ml.registry_sync (
    only_row boolean primary key default true check (only_row),
    -- The registry has all that had changed by then; null before the first success.
    synced_at timestamptz,
    -- Null after a success.
    failing_since timestamptz,
    error text
)
"""


def upgrade() -> None:
    op.execute(REGISTRY_SYNC)
