"""The wish of a person to be forgotten."""

from datetime import datetime

from streams.contracts.event import Event
from streams.contracts.identifier import EventId
from streams.contracts.instant import Instant
from streams.contracts.text import Key


class Erasure(Event):
    """One erasure of a person, on topic `erasures`: whoever stores what is theirs deletes it."""

    erasure_id: EventId
    """UUIDv7; sending the same id again adds nothing."""
    user_id: Key
    timestamp: Instant

    @property
    def key(self) -> str:
        """The user, so that all their events keep their order."""
        return self.user_id

    @property
    def occurred_at(self) -> datetime:
        """Its timestamp."""
        return self.timestamp
