"""The outbox has an order of its own, and keeps what Kafka refuses apart.

The time of a transaction's start was the order before: of two transactions of one user, the one
that waited for the other could come first.
"""

from alembic import op

revision = "0007"
down_revision = "0006"

OUTBOX_ORDER = """
alter table shop.outbox add column position bigint;
update shop.outbox waiting set position = ordered.position from (
    select event_id, row_number() over (order by created_at, event_id) as position
    from shop.outbox
) ordered where ordered.event_id = waiting.event_id;
alter table shop.outbox
    alter column position set not null,
    alter column position add generated always as identity,
    -- Why Kafka never takes the record; null while it waits.
    add column refusal text;
select setval(pg_get_serial_sequence('shop.outbox', 'position'),
    (select coalesce(max(position), 0) + 1 from shop.outbox), false);
drop index shop.outbox_order;
create unique index outbox_waiting on shop.outbox (position) where refusal is null;
create index outbox_refused on shop.outbox (position) where refusal is not null;
"""


def upgrade() -> None:
    op.execute(OUTBOX_ORDER)
