"""Money is numeric, never a float.

A price that `numeric(12, 2)` cannot hold (1e10 and more, infinite) becomes unknown, and is shown as
"on request"; every other amount is rounded to cents.
"""

from alembic import op

revision = "0005"
down_revision = "0004"


def _to_numeric(column: str) -> str:
    return (
        f"alter column {column} type numeric(12, 2)"
        f" using case when {column} < 9999999999.995 then round({column}::numeric, 2) end"
    )


def upgrade() -> None:
    # A generated column must go while those that it is made of change.
    op.execute("alter table shop.products drop column price")
    for column in ("discounted_price", "actual_price"):
        op.execute(f"alter table shop.products {_to_numeric(column)}")
    op.execute(
        "alter table shop.products add column price numeric(12, 2)"
        " generated always as (coalesce(discounted_price, actual_price)) stored"
    )
    op.execute(f"alter table shop.order_lines {_to_numeric('unit_price')}")
