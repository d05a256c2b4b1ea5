"""The processor's state keeps interactions of the contract; its column says what it is."""

from alembic import op

revision = "0006"
down_revision = "0005"

# A history's entry had all fields of an interaction but the user's.
SHOPPER_STATE = """
alter table events.shoppers rename column memory to state;

update events.shoppers set state = jsonb_set(state, '{history}', coalesce((
    select jsonb_agg(
        jsonb_strip_nulls(entry) || jsonb_build_object('user_id', user_id) order by place)
    from jsonb_array_elements(state -> 'history') with ordinality as past (entry, place)
), '[]'));
"""


def upgrade() -> None:
    op.execute(SHOPPER_STATE)
