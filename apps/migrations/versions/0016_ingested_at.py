"""When an interaction was stored, by the database's clock; nothing is retrieved through scratch."""

from alembic import op

revision = "0016"
down_revision = "0015"

INGESTED_AT = """
-- Of those that are stored already nobody knows when, so at every instant they were.
alter table events.interactions add ingested_at timestamptz not null default '-infinity';
alter table events.interactions alter ingested_at set default now();
"""

CORRECTED = """
create function events.note_ingestion() returns trigger language plpgsql as $$
begin
    new.ingested_at = now();
    return new;
end
$$;
-- A verdict may be corrected under its id; a record that is sent again corrects nothing.
create trigger corrected before update of interaction_type on events.interactions
for each row when (old.interaction_type is distinct from new.interaction_type)
execute function events.note_ingestion();
"""

SCRATCH = "drop schema feast_scratch cascade"


def upgrade() -> None:
    op.execute(INGESTED_AT)
    op.execute(CORRECTED)
    op.execute(SCRATCH)
