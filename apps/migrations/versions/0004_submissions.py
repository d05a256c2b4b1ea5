"""The forms that have acted, so that none acts twice."""

from alembic import op

revision = "0004"
down_revision = "0003"

SUBMISSIONS = """
create table shop.submissions (
    form_id uuid primary key,
    -- None: sent by someone without an account.
    user_id text,
    location text not null default '',
    submitted_at timestamptz not null default now()
);
create index submissions_age on shop.submissions (submitted_at);
"""


def upgrade() -> None:
    op.execute(SUBMISSIONS)
