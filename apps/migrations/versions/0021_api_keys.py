"""Keys with which other programs use the shop's API."""

from alembic import op

revision = "0021"
down_revision = "0020"

API_KEYS = """
create table shop.api_keys (
    -- Public: the first part of the key, by which its row is found.
    key_id text primary key,
    name text not null,
    -- SHA-256 of the secret part, which is 256 random bits and stored nowhere.
    secret_hash bytea not null,
    scopes text[] not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    -- A day, not an instant: it is written once per day.
    last_used_on date
);
"""


def upgrade() -> None:
    op.execute(API_KEYS)
