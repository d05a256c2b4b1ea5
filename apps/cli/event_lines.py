"""A record of a topic as one line: for a person, or as JSON."""

import json
from datetime import UTC, datetime
from typing import Any


def fields(record: Any) -> dict[str, Any]:
    """The fields of the event; what is no JSON object becomes the field `unreadable`."""
    text = (record.value or b"").decode(errors="backslashreplace")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {"unreadable": text}


def as_json_line(record: Any) -> str:
    """The event as it was published."""
    return json.dumps(fields(record), ensure_ascii=False)


def as_line(record: Any) -> str:
    """Time, type, user and item; of a dead letter, the reason instead of the item."""
    event = fields(record)
    key = (record.key or b"").decode(errors="backslashreplace")
    columns = (
        f"{_time(event, record):%Y-%m-%d %H:%M:%S}",
        f"{printable(event.get('interaction_type', record.topic)):13}",
        f"{printable(event.get('user_id', key)):36}",
        printable(event.get("item_id") or event.get("reason") or event.get("unreadable", "")),
    )
    return "  ".join(columns).rstrip()


def _time(event: dict[str, Any], record: Any) -> datetime:
    """When it happened, in the time zone of this machine; else when Kafka got it."""
    try:
        return datetime.fromisoformat(event["timestamp"]).astimezone()
    except (KeyError, TypeError, ValueError, OverflowError):
        return datetime.fromtimestamp(record.timestamp / 1000, UTC).astimezone()


def printable(value: object) -> str:
    """The value without control characters, on which a terminal would act."""
    return "".join(
        each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in str(value)
    )
