"""Where a Feast retrieval makes its table, so that who retrieves needs no rights elsewhere."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("create schema feast_scratch")
