"""Records as the processor reads them."""

import json
from typing import NamedTuple


class Record(NamedTuple):
    """A record of a public topic."""

    topic: str
    partition: int
    offset: int
    value: bytes | None
    key: bytes | None = None
    headers: tuple[tuple[str, bytes | None], ...] = ()


def keyed(topic: str, offset: int, value: bytes | None) -> Record:
    """A record with the key that its value asks for; without one if that names no user."""
    try:
        key = json.loads(value or b"")["user_id"].encode()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        key = None
    return Record(topic, 0, offset, value, key)
