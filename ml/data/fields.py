"""Converts single fields of text, and says why a row is rejected; used by every reader."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from streams.contracts.instant import EARLIEST_INSTANT, LATEST_INSTANT

_NUMBER = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]*)?")
_MIN_UNIX_SECONDS = EARLIEST_INSTANT.timestamp()
_MAX_UNIX_SECONDS = LATEST_INSTANT.timestamp()


_MAX_QUOTED_LENGTH = 24


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that could not be used."""

    source: str
    """Name of the file, without its folder."""
    line: int
    """Physical line on which the record starts; the first line of a file is 1."""
    reason: str
    """What is wrong with the row; it quotes values only in short excerpts (personal data)."""


class InvalidFieldError(Exception):
    """The name of an invalid field, and what is wrong with it."""


def quoted(value: str) -> str:
    """A short, printable excerpt of a value, for a reason."""
    excerpt = ascii(value[:_MAX_QUOTED_LENGTH])
    return excerpt if len(value) <= _MAX_QUOTED_LENGTH else f"{excerpt} and more"


def number(name: str, text: str) -> float:
    """A decimal number.

    Raises:
        InvalidFieldError: the text is no number; infinities and exponents are refused too.
    """
    if not _NUMBER.fullmatch(text):
        raise InvalidFieldError(f"{name} {quoted(text)} is not a number")
    return float(text)


def whole(name: str, text: str) -> int:
    """A whole number, which may be written with a fraction of zero.

    Raises:
        InvalidFieldError: the text is no whole number.
    """
    value = number(name, text)
    if not value.is_integer():
        raise InvalidFieldError(f"{name} {quoted(text)} is not a whole number")
    return int(value)


def unix_instant(name: str, text: str) -> datetime:
    """An instant in unix seconds.

    Raises:
        InvalidFieldError: the text is no number, or outside the years 1990 to 2099.
    """
    seconds = number(name, text)
    if not _MIN_UNIX_SECONDS <= seconds < _MAX_UNIX_SECONDS:
        raise InvalidFieldError(
            f"{name} {quoted(text)} lies outside the years 1990 to 2099 in unix seconds"
        )
    return datetime.fromtimestamp(seconds, UTC)


def instant(name: str, text: str) -> datetime:
    """An instant in unix seconds or ISO 8601; without an offset it is in UTC.

    Raises:
        InvalidFieldError: the text is neither, or outside the years 1990 to 2099.
    """
    if _NUMBER.fullmatch(text):
        return unix_instant(name, text)
    try:
        parsed = datetime.fromisoformat(text)
        parsed = parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidFieldError(
            f"{name} {quoted(text)} is neither unix seconds nor ISO 8601"
        ) from None
    if not EARLIEST_INSTANT <= parsed < LATEST_INSTANT:
        raise InvalidFieldError(f"{name} {quoted(text)} lies outside the years 1990 to 2099")
    return parsed


def checked(name: str, contract: TypeAdapter[Any], value: Any) -> Any:
    """The value, validated by the type that the contract gives the field.

    Raises:
        InvalidFieldError: the value is invalid.
    """
    try:
        return contract.validate_python(value)
    except ValidationError as error:
        raise InvalidFieldError(f"{name}: {error.errors()[0]['msg']}") from None
