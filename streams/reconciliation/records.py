"""What the reconciliation needs of the records on a channel's topics."""

import json
import re
from typing import NamedTuple, cast
from uuid import UUID

from confluent_kafka import Message

from streams.contracts.dead_letter import OFFSET, PARTITION, TOPIC
from streams.contracts.text import MAX_KEY_LENGTH
from streams.sink.connectors import Sink

_MAX_PARTITION, _MAX_OFFSET = 2**31, 2**63
_SURROGATE = re.compile("[\ud800-\udfff]")


class Record(NamedTuple):
    """Where a record lies, its event, and whose that is."""

    topic: str
    partition: int
    offset: int
    event_id: str | None = None
    """The value of the sink's primary key; None if the record is no such event."""
    user_id: str | None = None


def as_record(message: Message, sink: Sink) -> Record:
    """A record of the sink's public or validated topic, whatever its value is."""
    topic, partition, offset = message.topic(), message.partition(), message.offset()
    event_id, user_id = _ids(message, sink)
    return Record(
        cast("str", topic), cast("int", partition), cast("int", offset), event_id, user_id
    )


def refused_record(letter: Message, sink: Sink) -> Record | None:
    """The record that a dead letter is about; None if it does not name one of the channel."""
    headers = dict(letter.headers() or ()).items()
    said = {name: value for name, value in headers if isinstance(value, bytes)}
    try:
        topic = said[TOPIC].decode()
        partition, offset = int(said[PARTITION]), int(said[OFFSET])
    except (KeyError, ValueError):
        return None
    if not (0 <= partition < _MAX_PARTITION and 0 <= offset < _MAX_OFFSET):
        return None
    if topic == sink.channel.valid.name:
        # The event is on the public topic, too, with the same id.
        return Record(topic, partition, offset, *_ids(letter, sink))
    return Record(topic, partition, offset) if topic == sink.channel.public.name else None


def _ids(message: Message, sink: Sink) -> tuple[str | None, str | None]:
    """The ids of the event and of its user."""
    try:
        event = json.loads(message.value() or b"")
    except (ValueError, RecursionError):
        return None, None
    if not isinstance(event, dict):
        return None, None
    event_id, user_id = _id(event.get(sink.primary_key)), _id(event.get("user_id"))
    if event_id is not None and sink.has_uuids:
        try:
            event_id = str(UUID(event_id))
        except ValueError:
            event_id = None
    return event_id, user_id


def _id(value: object) -> str | None:
    """The value if it can be an id, which PostgreSQL can hold."""
    if not isinstance(value, str) or "\0" in value or len(value) > MAX_KEY_LENGTH:
        return None
    return None if _SURROGATE.search(value) else value
