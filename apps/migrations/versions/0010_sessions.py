"""The processor keeps progress per partition, and the events of sessions in place of a state."""

from alembic import op

revision = "0010"
down_revision = "0009"

TABLES = """
create table events.progress (
    topic_id uuid not null,
    partition integer not null,
    next_offset bigint not null,
    processed_at timestamptz not null default now(),
    primary key (topic_id, partition)
);

create table events.sessions (
    user_id text not null,
    session_id text not null,
    latest timestamptz not null,
    events integer not null,
    arrived_at timestamptz not null default now(),
    due boolean not null default true,
    primary key (user_id, session_id)
);
create index sessions_due on events.sessions (arrived_at) where due;
create index sessions_judged on events.sessions (arrived_at) where not due;

create table events.session_events (
    user_id text not null,
    session_id text not null,
    interaction_id uuid not null,
    item_id text not null,
    timestamp timestamptz not null,
    is_view boolean not null,
    verdict text,
    primary key (user_id, session_id, interaction_id)
);
"""

# A state had the views of its sessions that had no positive verdict yet; Feast has its history.
STATES = """
insert into events.sessions (user_id, session_id, latest, events, due)
select s.user_id, open.key, (open.value ->> 'latest')::timestamptz,
    jsonb_array_length(open.value -> 'views'), s.verdicts_due
from events.shoppers s, jsonb_each(s.state -> 'sessions') as open;

insert into events.session_events
    (user_id, session_id, interaction_id, item_id, timestamp, is_view, verdict)
select s.user_id, open.key, (view ->> 'view_id')::uuid, view ->> 'item_id',
    (view ->> 'timestamp')::timestamptz, true,
    case when s.verdicts_due then null else 'negative_view' end
from events.shoppers s, jsonb_each(s.state -> 'sessions') as open,
    jsonb_array_elements(open.value -> 'views') as view;

drop table events.shoppers;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(STATES)
