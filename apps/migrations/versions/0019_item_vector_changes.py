"""Which transaction wrote a vector: readers ask what is new since what they have seen."""

from alembic import op

revision = "0019"
down_revision = "0018"

# Not an instant: a transaction that began earlier may commit later than what was read last.
WRITTEN_BY = """
alter table ml.item_vectors add written_by xid8 not null default pg_current_xact_id();
create index item_vectors_written on ml.item_vectors (version, written_by);

create function ml.note_writer() returns trigger language plpgsql as $$
begin
    new.written_by = pg_current_xact_id();
    return new;
end
$$;

create trigger note_writer before update on ml.item_vectors
for each row execute function ml.note_writer();
"""


def upgrade() -> None:
    op.execute(WRITTEN_BY)
