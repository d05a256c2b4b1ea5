"""The four schemas: shop (storefront), events (sink, processor), ml (pipeline), feast (Feast)."""

from alembic import op

revision = "0001"
down_revision = None

EXTENSIONS_AND_SCHEMAS = """
create extension if not exists vector;
create schema shop;
create schema events;
create schema ml;
create schema feast;
"""

SHOP = """
create table shop.users (
    user_id text primary key,
    email text,
    user_name text not null,
    password_hash text,
    preferences text[] not null default '{}',
    signup_date timestamptz not null default now(),
    -- A sample shopper (demos only) has neither, and so can never log in with a password.
    check ((email is null) = (password_hash is null))
);
create unique index users_email on shop.users (lower(email));

create table shop.products (
    item_id text primary key,
    product_name text not null,
    category text not null default '',
    discounted_price double precision check (discounted_price >= 0),
    actual_price double precision check (actual_price >= 0),
    discount_percentage double precision check (discount_percentage between 0 and 1),
    rating double precision check (rating between 1 and 5),
    rating_count bigint check (rating_count >= 0),
    about_product text not null default '',
    arrival_date timestamptz not null,
    img_link text not null default '',
    product_link text not null default '',
    -- What the shop's own reviews add to the rating that the catalogue brought.
    review_count bigint not null default 0 check (review_count >= 0),
    review_total double precision not null default 0 check (review_total >= 0),
    price double precision generated always as (coalesce(discounted_price, actual_price)) stored,
    stars_count bigint generated always as (
        case when rating is null then 0 else coalesce(rating_count, 1) end + review_count) stored,
    stars double precision generated always as (
        (coalesce(rating * coalesce(rating_count, 1), 0) + review_total)
        / nullif(
            case when rating is null then 0 else coalesce(rating_count, 1) end + review_count, 0)
    ) stored,
    words tsvector generated always as (
        setweight(to_tsvector('simple', product_name), 'A')
        || setweight(to_tsvector('simple', category), 'B')
        || setweight(to_tsvector('simple', about_product), 'C')) stored
);
create index products_words on shop.products using gin (words);
create index products_category on shop.products (category text_pattern_ops);
create index products_arrival on shop.products (arrival_date desc, item_id);

create table shop.cart_lines (
    user_id text not null references shop.users on delete cascade,
    item_id text not null references shop.products,
    quantity integer not null check (quantity between 1 and 99),
    added_at timestamptz not null default now(),
    -- The list that led the shopper to the product: the purchase is attributed to it.
    surface text,
    position integer,
    model_version text,
    primary key (user_id, item_id)
);

create table shop.orders (
    order_id uuid primary key,
    user_id text not null references shop.users,
    placed_at timestamptz not null default now()
);
create index orders_user on shop.orders (user_id, placed_at desc);

create table shop.order_lines (
    order_id uuid not null references shop.orders on delete cascade,
    item_id text not null references shop.products,
    quantity integer not null check (quantity between 1 and 99),
    unit_price double precision,
    primary key (order_id, item_id)
);

create table shop.reviews (
    user_id text not null references shop.users on delete cascade,
    item_id text not null references shop.products,
    rating double precision not null check (rating between 1 and 5),
    title text not null default '',
    content text not null default '',
    created_at timestamptz not null default now(),
    primary key (user_id, item_id)
);
create index reviews_item on shop.reviews (item_id, created_at desc);

create table shop.outbox (
    event_id uuid primary key,
    topic text not null,
    key text not null,
    payload text not null,
    created_at timestamptz not null default now()
);
create index outbox_order on shop.outbox (created_at, event_id);
"""

EVENTS = """
create table events.interactions (
    interaction_id uuid primary key,
    user_id text not null,
    item_id text not null,
    timestamp timestamptz not null,
    interaction_type text not null,
    quantity integer,
    rating double precision,
    review_title text,
    review_content text,
    session_id text,
    surface text,
    position integer,
    model_version text,
    experiment text
);
create index interactions_user on events.interactions (user_id, timestamp);
create index interactions_time on events.interactions (timestamp);

create table events.new_users (
    user_id text primary key,
    user_name text not null,
    preferences text not null,
    signup_date timestamptz not null
);

create table events.shoppers (
    user_id text primary key,
    memory jsonb not null,
    latest timestamptz not null,
    verdicts_due boolean not null,
    processed_at timestamptz not null default now()
);
create index shoppers_due on events.shoppers (processed_at) where verdicts_due;
"""

ML = """
create table ml.model_versions (
    version text primary key,
    created_at timestamptz not null default now(),
    parameters jsonb not null,
    metrics jsonb not null
);

create table ml.live_version (
    only_row boolean primary key default true check (only_row),
    version text not null references ml.model_versions,
    previous_version text references ml.model_versions,
    switched_at timestamptz not null default now()
);

create table ml.item_vectors (
    version text not null references ml.model_versions on delete cascade,
    item_id text not null,
    embedding vector not null,
    primary key (version, item_id)
);

create table ml.popular_items (
    version text not null references ml.model_versions on delete cascade,
    rank integer not null,
    item_id text not null,
    primary key (version, rank)
);
"""


def upgrade() -> None:
    for statements in (EXTENSIONS_AND_SCHEMAS, SHOP, EVENTS, ML):
        op.execute(statements)
