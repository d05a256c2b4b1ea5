"""Who was erased, so that nothing of theirs comes back; orders remain without their shopper."""

from alembic import op

revision = "0011"
down_revision = "0010"

# The lock is that of streams/erasures.py, which says who holds it. The sink cannot hold it itself.
ERASED_USERS = """
create table events.erased_users (
    -- SHA-256 of the id: the table says of an id whether it was erased, and holds none.
    user_hash bytea primary key,
    erasure_id uuid not null,
    erased_at timestamptz not null default now(),
    -- Number of removed rows by store.
    removed jsonb not null
);

create function events.user_hash(user_id text) returns bytea language sql stable
return sha256(convert_to(user_id, 'UTF8'));

create function events.skip_erased_user() returns trigger language plpgsql as $$
begin
    perform pg_advisory_xact_lock_shared(28554735522247269);
    if exists (
        select from events.erased_users where user_hash = events.user_hash(new.user_id)
    ) then
        return null;
    end if;
    return new;
end
$$;
create trigger skip_erased_user before insert on events.interactions
    for each row execute function events.skip_erased_user();
create trigger skip_erased_user before insert on events.new_users
    for each row execute function events.skip_erased_user();
create trigger skip_erased_user before insert on events.impressions
    for each row execute function events.skip_erased_user();

alter table shop.orders alter column user_id drop not null;
"""


def upgrade() -> None:
    op.execute(ERASED_USERS)
