"""What a shopper did with a product."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from streams.contracts.event import Event
from streams.contracts.identifier import EventId
from streams.contracts.instant import Instant
from streams.contracts.text import Key, Line, Prose

SESSION_GAP = timedelta(minutes=30)
"""A shopper's session ends when it has no event for this long."""


class InteractionType(StrEnum):
    """Kinds of interaction; the two verdicts on a view are derived by the processor."""

    VIEW = "view"
    CART = "cart"
    PURCHASE = "purchase"
    RATE = "rate"
    POSITIVE_VIEW = "positive_view"
    NEGATIVE_VIEW = "negative_view"

    @property
    def is_derived(self) -> bool:
        """Whether the processor makes it; the storefront never sends one."""
        return self in _VERDICTS


# In Python 3.11, to look a member up in its class takes as long as to validate a text.
_RATE = InteractionType.RATE
_VERDICTS = (InteractionType.POSITIVE_VIEW, InteractionType.NEGATIVE_VIEW)


def _in_halves(rating: float) -> float:
    # pydantic's own multiple_of tolerates a billionth.
    if not (rating * 2).is_integer():
        raise ValueError("a rating has halves only")
    return rating


class Interaction(Event):
    """One interaction of a user with an item, on topic `interactions`."""

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"properties": {"interaction_type": {"const": "rate"}}},
            "then": {"required": ["rating"], "properties": {"rating": {"type": "number"}}},
        }
    )

    interaction_id: EventId
    """UUIDv7; sending the same id again adds nothing."""
    user_id: Key
    item_id: Key
    timestamp: Instant
    interaction_type: InteractionType
    quantity: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """Pieces bought or put in the cart."""
    rating: (
        Annotated[float, Field(ge=1, le=5, multiple_of=0.5), AfterValidator(_in_halves)] | None
    ) = None
    """1 to 5, halves allowed; required for `rate`."""
    review_title: Line | None = None
    review_content: Prose | None = None
    session_id: Key | None = None
    surface: Line | None = None
    """The page or list from which the item was reached."""
    position: Annotated[int, Field(ge=0, le=100_000)] | None = None
    """Place in that list, from 0."""
    model_version: Key | None = None
    """Version of the model that made that list."""
    experiment: Key | None = None

    @property
    def key(self) -> str:
        """The user, so that all their events keep their order."""
        return self.user_id

    @property
    def occurred_at(self) -> datetime:
        """Its timestamp."""
        return self.timestamp

    @property
    def is_derived(self) -> bool:
        """Whether it is a verdict."""
        return self.interaction_type.is_derived

    @model_validator(mode="after")
    def _a_rating_has_stars(self) -> Self:
        if self.interaction_type is _RATE and self.rating is None:
            raise ValueError("an interaction of type rate needs a rating")
        return self
