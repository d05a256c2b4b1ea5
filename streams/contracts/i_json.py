"""What RFC 7493 (I-JSON) asks of a JSON text, and pydantic's parser lets pass."""

import json
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn


class NotIJsonError(ValueError):
    """A JSON text that readers would understand differently."""


class Number(str):
    """A number with a fraction or an exponent, as it is written."""

    __slots__ = ()

    def equals(self, value: float) -> bool:
        """Whether a double keeps the number without rounding it."""
        try:
            return Decimal(self) == Decimal(repr(value))
        except InvalidOperation:  # an exponent of 20 digits
            return False


def members(payload: bytes) -> dict[str, Any]:
    """The members of the JSON object in `payload`, numbers with a fraction as they are written.

    Raises:
        NotIJsonError: an object has a member twice, or a number is NaN, infinite or of more than
            4,300 digits.
    """
    try:
        found: dict[str, Any] = _DECODER.decode(payload.decode())
    except ValueError as error:
        raise NotIJsonError(str(error)) from None
    return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotIJsonError("an object has the same member twice")
    return members


def _refuse(constant: str) -> NoReturn:
    raise NotIJsonError(f"{constant} is no number of JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse, parse_float=Number)
"""One for all texts: making it takes longer than reading an event."""
