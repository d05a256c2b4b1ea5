"""Which versions are complete, of which data they are, and who made which one live when."""

from alembic import op

revision = "0015"
down_revision = "0014"

VERSIONS = """
alter table ml.model_versions
    -- The instant up to which it knows the shop's data.
    add data_until timestamptz,
    -- When its vectors and lists were complete.
    add published_at timestamptz;
update ml.model_versions set published_at = created_at
where version in (select version from ml.item_vectors);
"""

SWITCHES = """
create table ml.switches (
    switch_id bigint generated always as identity primary key,
    version text not null,
    previous_version text,
    switched_at timestamptz not null default now(),
    switched_by text not null,
    reason text not null
);
"""


def upgrade() -> None:
    op.execute(VERSIONS)
    op.execute(SWITCHES)
