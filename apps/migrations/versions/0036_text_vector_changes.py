"""Which transaction wrote the vector of a text: the encoder keeps all of them in its memory."""

from alembic import op

revision = "0036"
down_revision = "0035"

# As of 0019. The graph goes: the encoder compares all vectors, and the graph missed every near one
# of some texts. Workers of the last release still ask `shop.nearest_texts`, without a graph.
WRITTEN_BY = """
alter table ml.text_embeddings
add written_by bigint not null default pg_current_xact_id()::text::bigint;
create index text_embeddings_written on ml.text_embeddings (encoder, written_by);
create trigger note_writer before update on ml.text_embeddings
for each row execute function ml.note_writer();
drop index ml.text_embeddings_embedding;
"""


def upgrade() -> None:
    op.execute(WRITTEN_BY)
