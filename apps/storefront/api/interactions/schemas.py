"""What requests with interactions and their answers hold."""

from datetime import UTC, datetime
from typing import Self
from uuid import UUID

from pydantic import Field, model_validator

from apps.storefront.api.models import Answer
from apps.storefront.api.rows import Rows
from streams.contracts import CLOCK_SKEW, Interaction, derived_id, new_id
from streams.contracts.identifier import EventId
from streams.contracts.instant import Instant


class NewInteraction(Interaction):
    """An interaction as other programs send it: they may leave out its id and its instant."""

    interaction_id: EventId = Field(default_factory=new_id)
    """UUIDv7; sending the same id again adds nothing. If it is absent, it follows from the contents
    where these have a timestamp, and is a new one where they have none."""
    timestamp: Instant = Field(default_factory=lambda: datetime.now(UTC))
    """Now if it is absent."""

    @model_validator(mode="after")
    def _may_be_published(self) -> Self:
        self.check_public(datetime.now(UTC) + CLOCK_SKEW)
        return self

    @property
    def identified(self) -> Self:
        """The same with the id that it is to have."""
        if "interaction_id" in self.model_fields_set or "timestamp" not in self.model_fields_set:
            return self
        contents = self.model_dump_json(exclude={"interaction_id"}, exclude_none=True)
        return self.model_copy(update={"interaction_id": derived_id(self.timestamp, contents)})


class InteractionRows(Rows[NewInteraction]):
    """Interactions, each on its own."""

    contract = NewInteraction


class PublishedInteraction(Answer):
    """An interaction that is kept."""

    interaction_id: UUID
