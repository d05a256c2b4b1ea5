"""What the gate decided about each version, and why."""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.execute("alter table ml.model_versions add decision jsonb")
