"""What requests with impressions and their answers hold."""

from datetime import UTC, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from apps.storefront.api.models import Answer
from streams.contracts import CLOCK_SKEW, Impression, new_id
from streams.contracts.identifier import EventId
from streams.contracts.instant import Instant


class NewImpression(Impression):
    """A list that a shopper was shown; its id, its instant and its first position may be absent."""

    impression_id: EventId = Field(default_factory=new_id)
    """UUIDv7; sending the same id again adds nothing. A new one if it is absent."""
    timestamp: Instant = Field(default_factory=lambda: datetime.now(UTC))
    """Now if it is absent."""
    first_position: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """Position of the first item: 0, or more on a later page of a list."""

    @model_validator(mode="after")
    def _may_be_published(self) -> Self:
        self.check_public(datetime.now(UTC) + CLOCK_SKEW)
        return self


class NotedImpression(Answer):
    """An impression that is on its way."""

    impression_id: UUID
