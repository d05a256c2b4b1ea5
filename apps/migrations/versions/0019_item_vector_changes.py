"""Which transaction wrote a vector: readers ask what is new since what they have seen."""

from alembic import op

revision = "0019"
down_revision = "0018"

# Not an instant: a transaction that began earlier may commit later than what was read last. Not an
# xid8: of these PostgreSQL keeps no histogram, so it would read the whole version.
WRITTEN_BY = """
alter table ml.item_vectors
add written_by bigint not null default pg_current_xact_id()::text::bigint;
create index item_vectors_written on ml.item_vectors (version, written_by);

create function ml.note_writer() returns trigger language plpgsql as $$
begin
    new.written_by = pg_current_xact_id()::text::bigint;
    return new;
end
$$;

create trigger note_writer before update on ml.item_vectors
for each row execute function ml.note_writer();
"""


def upgrade() -> None:
    op.execute(WRITTEN_BY)
