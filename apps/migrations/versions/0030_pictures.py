"""Pictures of products: which one a product has, and the files of each in its sizes."""

from alembic import op

revision = "0030"
down_revision = "0029"

# What a drawing is made from is in the digest, so an address tells one content, for ever.
PICTURES = """
alter table shop.products
    add picture text,
    add drawing_digest text not null generated always as (md5(
        item_id || e'\\x1f' || product_name || e'\\x1f' || category || e'\\x1f' || about_product
    )) stored;
create index products_drawing_digest on shop.products (drawing_digest);
create table shop.picture_files (
    picture text not null,
    width smallint not null,
    webp bytea not null,
    primary key (picture, width)
);
-- WebP does not get smaller by compressing it again.
alter table shop.picture_files alter column webp set storage external;
create table shop.picture_attempts (
    item_id text not null references shop.products on delete cascade,
    source text not null check (source in ('link', 'generated')),
    -- The link, or a digest of the prompt and the model.
    made_from text not null,
    -- Null: the picture was made.
    problem text,
    tried_at timestamptz not null default now(),
    primary key (item_id, source)
);
"""


def upgrade() -> None:
    op.execute(PICTURES)
