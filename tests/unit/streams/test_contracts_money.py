from datetime import UTC, datetime
from decimal import Decimal

import pytest
from pydantic import ValidationError

from streams.contracts import Product
from streams.contracts.money import to_cents


def product(price: object) -> Product:
    return Product.model_validate(
        {
            "item_id": "i",
            "product_name": "Lamp",
            "arrival_date": datetime(2026, 1, 1, tzinfo=UTC),
            "discounted_price": price,
        }
    )


@pytest.mark.parametrize("price", [0, "0.10", 19.99, Decimal("9999999999.99")])
def test_a_price_comes_back_as_it_was_given(price: object) -> None:
    made = product(price)
    assert made.discounted_price == Decimal(str(price))
    assert Product.model_validate_json(made.model_dump_json()) == made


@pytest.mark.parametrize("price", [-1, "0.001", "10000000000", "NaN", "Infinity", 0.1 + 0.2])
def test_an_amount_that_is_no_price_is_refused(price: object) -> None:
    with pytest.raises(ValidationError, match="discounted_price"):
        product(price)


def test_sums_of_prices_are_exact() -> None:
    prices = [product(amount).discounted_price for amount in ("0.10", "0.10", "0.10")]
    assert sum(price for price in prices if price) == Decimal("0.30")
    assert 0.1 + 0.1 + 0.1 != 0.3


@pytest.mark.parametrize(
    ("amount", "cents"),
    [
        (0.1 + 0.2, "0.30"),
        ("12.345", "12.35"),
        (2.675, "2.68"),
        (1e10, "1e10"),
        ("-0.005", "-0.01"),
    ],
)
def test_amounts_are_rounded_half_up_to_cents(amount: float | str, cents: str) -> None:
    assert to_cents(amount) == Decimal(cents)
