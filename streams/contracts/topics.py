"""The topics: the one list from which the laptop stack, the tests and the charts are made."""

from dataclasses import dataclass
from datetime import timedelta

from streams.contracts.dead_letter import MAX_LETTER_BYTES
from streams.contracts.erasure import Erasure
from streams.contracts.event import Event
from streams.contracts.impression import Impression
from streams.contracts.interaction import Interaction
from streams.contracts.new_user import NewUser
from streams.contracts.search import Search

PARTITIONS = 3
"""Partitions of every topic: the maximum number of the processor's workers that have work.

The number may only grow, and then keys map to other partitions. values-global.yaml repeats it for
the charts; a test compares them.
"""

_WEEK = timedelta(days=7)

MAX_RECORD_BYTES = 1024 * 1024
"""Of a record of every topic but the dead letter queues."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A Kafka topic and how long it keeps records."""

    name: str
    partitions: int = PARTITIONS
    retention: timedelta = _WEEK
    max_record_bytes: int = MAX_RECORD_BYTES
    """With the record's key and headers, compressed; `max.message.bytes` of the topic."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A public topic, the validated topic that the sink reads, and the dead letter queue."""

    contract: type[Event]
    public: Topic
    valid: Topic
    dead_letters: Topic


def _channel(name: str, contract: type[Event], retention: timedelta = _WEEK) -> Channel:
    public, valid = (Topic(f"{name}{suffix}", retention=retention) for suffix in ("", "-valid"))
    letters = Topic(f"{name}-dlq", retention=retention, max_record_bytes=MAX_LETTER_BYTES)
    return Channel(contract, public, valid, letters)


INTERACTIONS = _channel("interactions", Interaction)
NEW_USERS = _channel("new-users", NewUser)
IMPRESSIONS = _channel("impressions", Impression, retention=timedelta(days=3))
"""One for every list of every page, so most of all bytes; each is worth less than an interaction,
and three days still bridge a weekend in which the sink is away."""
SEARCHES = _channel("searches", Search, retention=timedelta(days=3))
"""A query may say more about a person than a click, so it is kept as short as an impression."""
ERASURES = _channel("erasures", Erasure, retention=timedelta(days=30))
"""Few and small. A month outlasts every other topic and the backups, so that a restored database is
told again who was erased since."""
CHANNELS = (INTERACTIONS, NEW_USERS, IMPRESSIONS, SEARCHES, ERASURES)
TOPICS = tuple(
    topic for channel in CHANNELS for topic in (channel.public, channel.valid, channel.dead_letters)
)
