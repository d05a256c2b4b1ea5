"""What shoppers were shown; the sink writes it."""

from alembic import op

revision = "0008"
down_revision = "0007"

IMPRESSIONS = """
create table events.impressions (
    impression_id uuid primary key,
    user_id text not null,
    timestamp timestamptz not null,
    surface text not null,
    -- The item with index i (from 0) was at position first_position + i.
    item_ids text[] not null,
    first_position integer not null,
    session_id text,
    model_version text,
    experiment text
);
create index impressions_user on events.impressions (user_id, timestamp);
create index impressions_time on events.impressions (timestamp);
"""


def upgrade() -> None:
    op.execute(IMPRESSIONS)
