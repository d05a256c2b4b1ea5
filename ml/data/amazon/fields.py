"""Converts fields of an Amazon-style table: prices, percentages, lists joined by commas."""

import re
from decimal import Decimal

from streams.contracts.money import MAX_DIGITS, to_cents

_NUMBER = r"(?:\d{1,3}(?:,\d{2,3})*,\d{3}|\d{1,15})(?:\.\d+)?"
_PRICE = re.compile(rf"[₹$€£]?\s*({_NUMBER})\s*[₹$€£]?", re.ASCII)
_PERCENTAGE = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*%", re.ASCII)
_MAX_NUMBER = 1e15
_PRICE_LIMIT = Decimal(10) ** (MAX_DIGITS - 2)
_UNSIGNED = re.compile(_NUMBER, re.ASCII)


def price(text: str) -> Decimal:
    """An amount with or without a currency sign; commas group thousands (or lakhs).

    Raises:
        ValueError: the text is no such amount; a decimal comma is refused.
    """
    amount = to_cents(_digits(_PRICE.fullmatch(text), "an amount"))
    if amount >= _PRICE_LIMIT:
        raise ValueError("too large")
    return amount


def fraction(text: str) -> float:
    """A percentage such as `64%`, as a fraction.

    Raises:
        ValueError: the text is no percentage, or more than 100 %.
    """
    value = _number(_PERCENTAGE.fullmatch(text), "a percentage")
    if value > 100:  # noqa: PLR2004 - the whole
        raise ValueError("more than 100 %")
    return value / 100


def stars(text: str) -> float:
    """An average of 1 to 5 stars.

    Raises:
        ValueError: the text is no such number.
    """
    value = _number(_UNSIGNED.fullmatch(text), "a number")
    if not 1 <= value <= 5:  # noqa: PLR2004 - stars
        raise ValueError("not between 1 and 5")
    return value


def count(text: str) -> int:
    """A whole number, whose thousands commas may group.

    Raises:
        ValueError: the text is no whole number.
    """
    value = _number(_UNSIGNED.fullmatch(text), "a number")
    if not value.is_integer():
        raise ValueError("not a whole number")
    return int(value)


def split_texts(text: str, count: int) -> list[str] | None:
    """The `count` texts that were joined by commas, though a text may contain commas itself.

    The text is split at every comma, or else at every comma that no space follows. If neither gives
    `count` texts the result is None.
    """
    if count == 1:
        return [text]
    for pieces in (text.split(","), re.split(r",(?!\s)", text)):
        if len(pieces) == count:
            return [piece.strip() for piece in pieces]
    return None


def _number(found: re.Match[str] | None, expected: str) -> float:
    value = float(_digits(found, expected))
    if value >= _MAX_NUMBER:
        raise ValueError("too large")
    return value


def _digits(found: re.Match[str] | None, expected: str) -> str:
    if not found:
        raise ValueError(f"not {expected}")
    return (found[1] if found.re.groups else found[0]).replace(",", "")
