"""What a product says, as one digest: it tells whether a vector is of the present content."""

from alembic import op

revision = "0018"
down_revision = "0017"

# A generated column takes immutable functions alone: neither concat_ws nor a text of an instant is.
CONTENT_DIGEST = """
alter table shop.products add content_digest text not null generated always as (md5(
    product_name || e'\\x1f' || category || e'\\x1f' || about_product
    || e'\\x1f' || coalesce(discounted_price::text, '')
    || e'\\x1f' || coalesce(actual_price::text, '')
    || e'\\x1f' || coalesce(discount_percentage::text, '')
    || e'\\x1f' || coalesce(rating::text, '')
    || e'\\x1f' || coalesce(rating_count::text, '')
    || e'\\x1f' || extract(epoch from arrival_date at time zone 'UTC')::text
)) stored;
alter table ml.item_vectors add content_digest text;
"""


def upgrade() -> None:
    op.execute(CONTENT_DIGEST)
