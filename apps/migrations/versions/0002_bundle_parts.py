"""The files of each model version, so that a reader without a shared folder can fetch them."""

from alembic import op

revision = "0002"
down_revision = "0001"

BUNDLE_PARTS = """
create table ml.bundle_parts (
    version text not null references ml.model_versions on delete cascade,
    -- Of a file in the version's folder, which is cut into parts of some megabytes.
    path text not null,
    part integer not null check (part >= 0),
    bytes bytea not null,
    primary key (version, path, part)
);
"""


def upgrade() -> None:
    op.execute(BUNDLE_PARTS)
