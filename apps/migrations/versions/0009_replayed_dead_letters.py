"""The dead letters that were sent again, so that none is sent twice."""

from alembic import op

revision = "0009"
down_revision = "0008"

REPLAYED_DEAD_LETTERS = """
create table events.replayed_dead_letters (
    topic text not null,
    partition integer not null,
    -- offset is a reserved word.
    record_offset bigint not null,
    replayed_at timestamptz not null default now(),
    primary key (topic, partition, record_offset)
);
"""


def upgrade() -> None:
    op.execute(REPLAYED_DEAD_LETTERS)
