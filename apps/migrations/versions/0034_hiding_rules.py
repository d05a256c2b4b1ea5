"""Merchandising rules that hide products. Their amount is 0."""

from alembic import op

revision = "0034"
down_revision = "0033"

HIDING_RULES = """
alter table shop.merchandising_rules
    drop constraint merchandising_rules_action_check,
    add constraint merchandising_rules_action_check
        check (action in ('pin', 'boost', 'bury', 'promote', 'hide')),
    drop constraint merchandising_rules_amount_check,
    add constraint merchandising_rules_amount_check
        check (amount >= 0 and (action = 'hide') = (amount = 0));
"""


def upgrade() -> None:
    op.execute(HIDING_RULES)
