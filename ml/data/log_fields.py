"""What the fields of a shop's log may hold; one set of rules for every reader of logs."""

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ml.data.rejection import quoted
from streams.contracts import InteractionType
from streams.contracts.event import EARLIEST_INSTANT, LATEST_INSTANT

EVENTS = {
    "view": InteractionType.VIEW,
    "addtocart": InteractionType.CART,
    "transaction": InteractionType.PURCHASE,
}
"""What shop logs call a shopper's acts."""

_NUMBER = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]*)?")
_MIN_UNIX_SECONDS = EARLIEST_INSTANT.timestamp()
_MAX_UNIX_SECONDS = LATEST_INSTANT.timestamp()


class LogFormat(StrEnum):
    """How a log is written; a file named .parquet is read as Parquet under either."""

    CSV = "csv"
    """Comma-separated values under a header."""
    LINES = "lines"
    """A user and their items on each line, divided by spaces, without a header."""


class InvalidFieldError(Exception):
    """Which field is wrong, and why."""


def number(name: str, text: str) -> float:
    """A decimal number.

    Raises:
        InvalidFieldError: it is none; neither infinities nor exponents are taken.
    """
    if not _NUMBER.fullmatch(text):
        raise InvalidFieldError(f"{name} {quoted(text)} is not a number")
    return float(text)


def whole(name: str, text: str) -> int:
    """A whole number, which may be written with a fraction of zero.

    Raises:
        InvalidFieldError: it is none.
    """
    value = number(name, text)
    if not value.is_integer():
        raise InvalidFieldError(f"{name} {quoted(text)} is not a whole number")
    return int(value)


def unix_instant(name: str, text: str) -> datetime:
    """An instant in unix seconds.

    Raises:
        InvalidFieldError: it is no number, or outside the years 1990 to 2099.
    """
    seconds = number(name, text)
    if not _MIN_UNIX_SECONDS <= seconds < _MAX_UNIX_SECONDS:
        raise InvalidFieldError(
            f"{name} {quoted(text)} lies outside the years 1990 to 2099 in unix seconds"
        )
    return datetime.fromtimestamp(seconds, UTC)


def instant(name: str, text: str) -> datetime:
    """An instant in unix seconds or ISO 8601, there in UTC where no offset is given.

    Raises:
        InvalidFieldError: it is neither, or outside the years 1990 to 2099.
    """
    if _NUMBER.fullmatch(text):
        return unix_instant(name, text)
    try:
        read = datetime.fromisoformat(text)
        read = read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidFieldError(
            f"{name} {quoted(text)} is neither unix seconds nor ISO 8601"
        ) from None
    if not EARLIEST_INSTANT <= read < LATEST_INSTANT:
        raise InvalidFieldError(f"{name} {quoted(text)} lies outside the years 1990 to 2099")
    return read


def checked(name: str, contract: TypeAdapter[Any], value: Any) -> Any:
    """A value that its contract allows.

    Raises:
        InvalidFieldError: it does not.
    """
    try:
        return contract.validate_python(value)
    except ValidationError as error:
        raise InvalidFieldError(f"{name}: {error.errors()[0]['msg']}") from None
