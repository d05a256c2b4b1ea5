"""What a shopper was shown: the denominator of every click-through rate."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from streams.contracts.event import Event
from streams.contracts.identifier import EventId
from streams.contracts.instant import Instant
from streams.contracts.text import Key

MAX_SHOWN = 500
"""Items of one list."""


class Impression(Event):
    """One list of items as a shopper was shown it, on topic `impressions`."""

    impression_id: EventId
    """UUIDv7; sending the same id again adds nothing."""
    user_id: Key
    timestamp: Instant
    surface: Key
    """The page or list; interactions that follow from it have the same."""
    item_ids: Annotated[tuple[Key, ...], Field(min_length=1, max_length=MAX_SHOWN)]
    """The items in their order: the one with index i was at position first_position + i."""
    first_position: Annotated[int, Field(ge=0, le=1_000_000)]
    """Position of the first item: 0, or more on a later page of a list."""
    session_id: Key | None = None
    model_version: Key | None = None
    """Version of the model that made the list."""
    experiment: Key | None = None

    @property
    def key(self) -> str:
        """The user, so that all their events keep their order."""
        return self.user_id

    @property
    def occurred_at(self) -> datetime:
        """Its timestamp."""
        return self.timestamp
