"""The vectors of products' texts, which a search by meaning looks through.

The index is made while the table is empty: no write waits for it. Vectors that it lacks because
they are null are of texts that say nothing.
"""

from alembic import op

revision = "0027"
down_revision = "0026"

TEXT_EMBEDDINGS = """
create table ml.text_embeddings (
    item_id text not null references shop.products on delete cascade,
    encoder text not null,
    content_digest text not null,
    embedding halfvec(384),
    primary key (item_id, encoder)
);
create index text_embeddings_embedding on ml.text_embeddings
    using hnsw (embedding halfvec_cosine_ops);
"""


def upgrade() -> None:
    op.execute(TEXT_EMBEDDINGS)
