"""What all events share: strict plain JSON, and columns."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from streams.contracts.i_json import NotIJsonError, Number, members


class MalformedEventError(ValueError):
    """Bytes on a topic that are no valid event of that topic."""


def describe(error: ValidationError, whole: str = "event") -> str:
    """A validation error in one line: each field with what is wrong with it, without its value.

    Args:
        error: of any pydantic model.
        whole: what is wrong where no single field is.
    """
    return "; ".join(
        f"{'.'.join(map(str, part['loc'])) or whole}: {part['msg']}" for part in error.errors()
    )


ColumnType = Literal["uuid", "instant", "text", "integer", "number", "texts"]

_COLUMN_TYPES: dict[tuple[str, str | None], ColumnType] = {
    ("string", "uuid"): "uuid",
    ("string", "date-time"): "instant",
    ("string", None): "text",
    ("integer", None): "integer",
    ("number", None): "number",
    ("array", "text"): "texts",
}
"""By JSON Schema's type and format; an array's by the type of its items."""


@dataclass(frozen=True, slots=True)
class Column:
    """A field of an event as a column, from which sink, table and feature view are made."""

    name: str
    type: ColumnType
    optional: bool


class Event(BaseModel, ABC):
    """An event on a public topic: an I-JSON object (RFC 7493).

    JSON's types are taken as they stand (a number in a string is refused): the sink's converter
    would turn them into zeros without a word. Fields that this version does not know are ignored,
    so that a producer may be newer than a consumer.
    """

    model_config = ConfigDict(
        strict=True, frozen=True, extra="ignore", use_attribute_docstrings=True
    )

    @property
    @abstractmethod
    def key(self) -> str:
        """The record's key: all events of one user stay in order in one partition."""

    @property
    @abstractmethod
    def occurred_at(self) -> datetime:
        """When it happened, by its producer's clock."""

    @property
    def is_derived(self) -> bool:
        """Whether the processor makes it from other events; no producer may send it."""
        return False

    def check_public(self, latest: datetime) -> None:
        """Refuse an event that no producer may send to a public topic.

        An event may lie in the past as far as the contract allows, for logs of years ago are
        replayed. One from the future would stay the newest of its shopper for ever.

        Args:
            latest: the instant after which an event lies in the future.

        Raises:
            MalformedEventError: the processor makes it, or it lies in the future.
        """
        if self.is_derived:
            raise MalformedEventError("event: only the processor makes events of this type")
        if self.occurred_at > latest:
            raise MalformedEventError(
                "event: it lies in the future; is its producer's clock right?"
            )

    def encode(self) -> bytes:
        """The event as UTF-8 JSON, absent optional fields left out."""
        return self.model_dump_json(exclude_none=True).encode()

    @classmethod
    def decode(cls, payload: bytes | None) -> Self:
        """The event in `payload`, exactly as it stands there: nothing is rounded or converted.

        Raises:
            MalformedEventError: with every field that is wrong and why.
        """
        return cls.read(payload)[0]

    @classmethod
    def read(cls, payload: bytes | None) -> tuple[Self, bytes]:
        """The event in `payload`, and its encoding.

        Raises:
            MalformedEventError: as from `decode`.
        """
        if payload is None:
            raise MalformedEventError("a record without a value (a tombstone) is no event")
        try:
            event = cls.model_validate_json(payload)
            encoded = event.encode()
            if encoded != payload:  # what we would write ourselves is exact
                _check_exact(event, members(payload))
        except ValidationError as error:
            raise MalformedEventError(describe(error)) from None
        except NotIJsonError as error:
            raise MalformedEventError(f"event: {error}") from None
        return event, encoded

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


def _check_exact(event: Event, written: dict[str, Any]) -> None:
    """Refuse a number of which the event keeps a rounded one."""
    known = type(event).model_fields
    for name, value in written.items():
        if isinstance(value, Number) and name in known and not value.equals(getattr(event, name)):
            raise MalformedEventError(f"{name}: the number has more digits than a double keeps")


def _column_type(field: dict[str, Any], definitions: dict[str, Any]) -> ColumnType:
    (field,) = [part for part in field.get("anyOf", [field]) if part.get("type") != "null"]
    if "$ref" in field:
        field = definitions[field["$ref"].rsplit("/", 1)[1]]
    if field["type"] == "array":
        return _COLUMN_TYPES["array", _column_type(field["items"], definitions)]
    return _COLUMN_TYPES[field["type"], field.get("format")]
