"""The fields of an Amazon-style table: numbers with signs, and lists joined by commas."""

import re

_NUMBER = r"(?:\d{1,3}(?:,\d{2,3})*,\d{3}|\d{1,15})(?:\.\d+)?"
_PRICE = re.compile(rf"[₹$€£]?\s*({_NUMBER})\s*[₹$€£]?", re.ASCII)
_PERCENTAGE = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*%", re.ASCII)
_TOO_LARGE = 1e15
_PLAIN = re.compile(_NUMBER, re.ASCII)


def price(text: str) -> float:
    """An amount with or without a currency sign; commas group thousands (or lakhs).

    Raises:
        ValueError: it is no such amount; a comma in front of decimals is not guessed at.
    """
    return _number(_PRICE.fullmatch(text), "an amount")


def fraction(text: str) -> float:
    """A percentage such as `64%`, as a fraction.

    Raises:
        ValueError: it is none, or more than 100 %.
    """
    value = _number(_PERCENTAGE.fullmatch(text), "a percentage")
    if value > 100:  # noqa: PLR2004 - all of it
        raise ValueError("more than 100 %")
    return value / 100


def stars(text: str) -> float:
    """An average of 1 to 5 stars.

    Raises:
        ValueError: it is none.
    """
    value = _number(_PLAIN.fullmatch(text), "a number")
    if not 1 <= value <= 5:  # noqa: PLR2004 - stars
        raise ValueError("not between 1 and 5")
    return value


def count(text: str) -> int:
    """A whole number, with commas that group thousands.

    Raises:
        ValueError: it is none.
    """
    value = _number(_PLAIN.fullmatch(text), "a number")
    if not value.is_integer():
        raise ValueError("not a whole number")
    return int(value)


def joined(text: str, parts: int) -> list[str] | None:
    """The `parts` texts that were joined by commas, though they may hold commas themselves.

    With exactly one comma too few for anything else, each comma joins. Otherwise a comma followed
    by a space belongs to a text and the others join. If neither gives the number of parts nothing
    is guessed: None.
    """
    if parts == 1:
        return [text]
    for pieces in (text.split(","), re.split(r",(?!\s)", text)):
        if len(pieces) == parts:
            return [piece.strip() for piece in pieces]
    return None


def _number(found: re.Match[str] | None, wanted: str) -> float:
    if not found:
        raise ValueError(f"not {wanted}")
    value = float((found[1] if found.re.groups else found[0]).replace(",", ""))
    if value >= _TOO_LARGE:
        raise ValueError("too large")
    return value
