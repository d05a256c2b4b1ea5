"""How far the topics are reconciled with the tables, and which records have no row."""

from alembic import op

revision = "0013"
down_revision = "0012"

TABLES = """
create table events.reconciled (
    topic text not null,
    partition integer not null,
    next_offset bigint not null,
    primary key (topic, partition)
);

create table events.unstored_records (
    topic text not null,
    partition integer not null,
    record_offset bigint not null,
    event_id text,
    user_id text,
    -- A dead letter names it; else it is missing.
    is_refused boolean not null,
    primary key (topic, partition, record_offset)
);
create index unstored_records_event_id on events.unstored_records (event_id);
"""


def upgrade() -> None:
    op.execute(TABLES)
