"""Contracts of everything on Kafka; any team's consumer may depend on this package alone."""

from streams.contracts.dead_letter import DeadLetter
from streams.contracts.erasure import Erasure
from streams.contracts.event import (
    Column,
    ColumnType,
    Event,
    MalformedEventError,
    describe,
)
from streams.contracts.identifier import derived_id, new_id
from streams.contracts.impression import Impression
from streams.contracts.instant import CLOCK_SKEW
from streams.contracts.interaction import SESSION_GAP, Interaction, InteractionType
from streams.contracts.new_user import NewUser
from streams.contracts.product import Product
from streams.contracts.search import Search
from streams.contracts.topics import (
    CHANNELS,
    ERASURES,
    IMPRESSIONS,
    INTERACTIONS,
    MAX_RECORD_BYTES,
    NEW_USERS,
    PARTITIONS,
    SEARCHES,
    TOPICS,
    Channel,
    Topic,
)

__all__ = [
    "CHANNELS",
    "CLOCK_SKEW",
    "ERASURES",
    "IMPRESSIONS",
    "INTERACTIONS",
    "MAX_RECORD_BYTES",
    "NEW_USERS",
    "PARTITIONS",
    "SEARCHES",
    "SESSION_GAP",
    "TOPICS",
    "Channel",
    "Column",
    "ColumnType",
    "DeadLetter",
    "Erasure",
    "Event",
    "Impression",
    "Interaction",
    "InteractionType",
    "MalformedEventError",
    "NewUser",
    "Product",
    "Search",
    "Topic",
    "derived_id",
    "describe",
    "new_id",
]
