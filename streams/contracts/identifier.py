"""Identifiers of events."""

import hashlib
from datetime import datetime
from typing import Annotated
from uuid import UUID

import uuid_utils.compat
from pydantic_core import core_schema

from streams.contracts.notation import Notation

_RFC_9562 = Notation(
    pattern=r"^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$",
    json_format="uuid",
    parse=core_schema.uuid_schema(strict=False),
)

EventId = Annotated[UUID, _RFC_9562]
"""A UUID in the form of RFC 9562, section 4; our producers make UUIDv7, which are in order."""


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
