"""What the shop decides about the order of lists: pins, boosts, buried products, promotions."""

from alembic import op

revision = "0026"
down_revision = "0025"

RULES = """
create table shop.merchandising_rules (
    name text primary key,
    action text not null check (action in ('pin', 'boost', 'bury', 'promote')),
    -- Which products: named ones, a category, new arrivals or discounted ones.
    target jsonb not null,
    amount double precision not null check (amount > 0),
    -- Whom and where it concerns; null: everybody, everywhere.
    department text,
    surface text,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    created_at timestamptz not null default now(),
    created_by text not null,
    check (starts_at < ends_at)
);
"""


def upgrade() -> None:
    op.execute(RULES)
