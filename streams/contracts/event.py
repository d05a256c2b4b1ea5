"""What all events share: strict plain JSON, columns and identifiers."""

import hashlib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

import uuid_utils.compat
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, ValidationError


class MalformedEventError(ValueError):
    """Bytes on a topic that are no valid event of that topic."""


EARLIEST_INSTANT = datetime(1990, 1, 1, tzinfo=UTC)
LATEST_INSTANT = datetime(2100, 1, 1, tzinfo=UTC)
"""Exclusive."""


def _in_utc(value: datetime) -> datetime:
    if not EARLIEST_INSTANT <= value < LATEST_INSTANT:
        raise ValueError("the instant must lie in the years 1990 to 2099")
    return value.astimezone(UTC)


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""An instant with its offset, kept in UTC; on the wire an ISO-8601 string."""


def describe(error: ValidationError) -> str:
    """A validation error in one line: each field with what is wrong with it, without its value."""
    return "; ".join(
        f"{'.'.join(map(str, part['loc'])) or 'event'}: {part['msg']}" for part in error.errors()
    )


ColumnType = Literal["uuid", "instant", "text", "integer", "number"]

_COLUMN_TYPES: dict[tuple[str, str | None], ColumnType] = {
    ("string", "uuid"): "uuid",
    ("string", "date-time"): "instant",
    ("string", None): "text",
    ("integer", None): "integer",
    ("number", None): "number",
}
"""By JSON Schema's type and format."""


@dataclass(frozen=True, slots=True)
class Column:
    """A field of an event as a column, from which sink, table and feature view are made."""

    name: str
    type: ColumnType
    optional: bool


class Event(BaseModel, ABC):
    """An event on a public topic.

    JSON's types are taken as they stand (a number in a string is refused): the sink's converter
    would turn them into zeros without a word. Fields that this version does not know are ignored,
    so that a producer may be newer than a consumer.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    @property
    @abstractmethod
    def key(self) -> str:
        """The record's key: all events of one user stay in order in one partition."""

    def encode(self) -> bytes:
        """The event as UTF-8 JSON, absent optional fields left out."""
        return self.model_dump_json(exclude_none=True).encode()

    @classmethod
    def decode(cls, payload: bytes | None) -> Self:
        """The event in `payload`.

        Raises:
            MalformedEventError: with every field that is wrong and why.
        """
        try:
            return cls.model_validate_json(payload or b"")
        except ValidationError as error:
            raise MalformedEventError(describe(error)) from None

    @classmethod
    def columns(cls) -> tuple[Column, ...]:
        """The contract's fields in their order.

        Raises:
            KeyError: a field has a type that no column has.
        """
        schema = cls.model_json_schema()
        return tuple(
            Column(
                name,
                _column_type(field, schema.get("$defs", {})),
                optional=name not in schema["required"],
            )
            for name, field in schema["properties"].items()
        )


def _column_type(field: dict[str, Any], definitions: dict[str, Any]) -> ColumnType:
    (field,) = [part for part in field.get("anyOf", [field]) if part.get("type") != "null"]
    if "$ref" in field:
        field = definitions[field["$ref"].rsplit("/", 1)[1]]
    return _COLUMN_TYPES[field["type"], field.get("format")]


def new_id() -> UUID:
    """A fresh UUIDv7 (RFC 9562, section 5.7)."""
    return uuid_utils.compat.uuid7()


def derived_id(timestamp: datetime, *parts: str) -> UUID:
    """The same UUIDv7 for the same instant and parts, so that sending again adds nothing.

    The 48 leading bits are the instant in milliseconds; the random bits of RFC 9562 are taken from
    a hash of the parts.
    """
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    milliseconds = max(0, int(timestamp.timestamp() * 1000)) & ((1 << 48) - 1)
    value = milliseconds << 80 | int.from_bytes(digest[:10])
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)
