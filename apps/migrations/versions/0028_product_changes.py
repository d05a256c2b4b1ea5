"""Which transaction last changed or removed a product: a web worker remembers all others."""

from alembic import op

revision = "0028"
down_revision = "0027"

# Not a column of the products: of a product that was removed there would be none. New products are
# not noted, for nobody remembers them. The empty id stands for all products.
CHANGES = """
create table shop.product_changes (
    item_id text primary key,
    written_by bigint not null default pg_current_xact_id()::text::bigint
);
create index product_changes_written on shop.product_changes (written_by);

create function shop.note_product_changes() returns trigger language plpgsql as $$
begin
    insert into shop.product_changes (item_id) select item_id from before
    on conflict (item_id) do update set written_by = excluded.written_by;
    return null;
end
$$;

create function shop.note_no_products() returns trigger language plpgsql as $$
begin
    insert into shop.product_changes (item_id) values ('')
    on conflict (item_id) do update set written_by = excluded.written_by;
    return null;
end
$$;

create trigger note_changes after update on shop.products
referencing old table as before
for each statement execute function shop.note_product_changes();
create trigger note_removals after delete on shop.products
referencing old table as before
for each statement execute function shop.note_product_changes();
create trigger note_truncation after truncate on shop.products
for each statement execute function shop.note_no_products();
"""


def upgrade() -> None:
    op.execute(CHANGES)
