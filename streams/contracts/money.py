"""Amounts of money: decimal with two places, never a binary float."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated

from pydantic import Field

MAX_DIGITS = 12
"""Of an amount, two of them behind the point: PostgreSQL's `numeric(12, 2)`."""
_CENT = Decimal("0.01")
_LIMIT = Decimal(10) ** (MAX_DIGITS - 2)

Money = Annotated[Decimal, Field(ge=0, max_digits=MAX_DIGITS, decimal_places=2)]
"""An amount from 0 to 9,999,999,999.99, in the shop's one currency."""


def to_cents(amount: Decimal | float | str) -> Decimal:
    """The amount rounded half up to two places; one beyond what `Money` holds is not rounded.

    A float is read as the shortest decimal that stands for it: 19.99 is 19.99.
    """
    exact = Decimal(str(amount))
    if not exact.is_finite() or abs(exact) >= _LIMIT:
        return exact
    return exact.quantize(_CENT, ROUND_HALF_UP)
