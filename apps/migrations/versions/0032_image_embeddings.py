"""The vectors of products' pictures, which a search by picture looks through.

An index needs one number of dimensions: that of the default encoder and of CLIP's ViT-B. Vectors
of another length are compared one by one. A null vector is of a product without a usable picture.
"""

from alembic import op

revision = "0032"
down_revision = "0031"

IMAGE_EMBEDDINGS = """
create table ml.image_embeddings (
    item_id text not null references shop.products on delete cascade,
    encoder text not null,
    picture_digest text not null,
    embedding halfvec,
    tried_at timestamptz not null default now(),
    primary key (item_id, encoder)
);
create index image_embeddings_embedding on ml.image_embeddings
    using hnsw ((embedding::halfvec(512)) halfvec_ip_ops)
    where vector_dims(embedding) = 512;
create index image_embeddings_without_picture on ml.image_embeddings (encoder, tried_at)
    where embedding is null;
"""


def upgrade() -> None:
    op.execute(IMAGE_EMBEDDINGS)
