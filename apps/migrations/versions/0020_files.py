"""The files of each version, which lie in the artifact store: size and SHA-256 by path.

The rows of ml.bundle_parts stay as long as their versions: the live one must remain readable.
"""

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.execute("alter table ml.model_versions add files jsonb")
