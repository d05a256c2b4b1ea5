"""Merchandising rules that hide products, whose amount is 0, and rules for an age."""

from alembic import op

revision = "0034"
down_revision = "0033"

HIDING_RULES_AND_AGES = """
alter table shop.merchandising_rules
    drop constraint merchandising_rules_action_check,
    add constraint merchandising_rules_action_check
        check (action in ('pin', 'boost', 'bury', 'promote', 'hide')),
    drop constraint merchandising_rules_amount_check,
    add constraint merchandising_rules_amount_check
        check (amount >= 0 and (action = 'hide') = (amount = 0)),
    add min_age smallint,
    add max_age smallint;
-- Null: not stated. It is in no event.
alter table shop.users add birth_year smallint check (birth_year between 1900 and 2100);
"""


def upgrade() -> None:
    op.execute(HIDING_RULES_AND_AGES)
