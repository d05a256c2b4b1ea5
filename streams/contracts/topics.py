"""The topics: the one list from which the laptop stack, the tests and the charts are made."""

from dataclasses import dataclass
from datetime import timedelta

from streams.contracts.dead_letter import MAX_LETTER_BYTES
from streams.contracts.event import Event
from streams.contracts.interaction import Interaction
from streams.contracts.new_user import NewUser

PARTITIONS = 3
"""Partitions of every topic: the maximum number of the processor's workers that have work.

The number may only grow, and then keys map to other partitions. values-global.yaml repeats it for
the charts; a test compares them.
"""


@dataclass(frozen=True, slots=True)
class Topic:
    """A Kafka topic and how long it keeps records."""

    name: str
    partitions: int = PARTITIONS
    retention: timedelta = timedelta(days=7)
    max_record_bytes: int = 1024 * 1024
    """With the record's key and headers, compressed; `max.message.bytes` of the topic."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A public topic, the validated topic that the sink reads, and the dead letter queue."""

    contract: type[Event]
    public: Topic
    valid: Topic
    dead_letters: Topic


def _channel(name: str, contract: type[Event]) -> Channel:
    letters = Topic(f"{name}-dlq", max_record_bytes=MAX_LETTER_BYTES)
    return Channel(contract, Topic(name), Topic(f"{name}-valid"), letters)


INTERACTIONS = _channel("interactions", Interaction)
NEW_USERS = _channel("new-users", NewUser)
CHANNELS = (INTERACTIONS, NEW_USERS)
TOPICS = tuple(
    topic for channel in CHANNELS for topic in (channel.public, channel.valid, channel.dead_letters)
)
