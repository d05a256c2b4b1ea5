"""How large the synthetic shop is and how strong its shoppers' taste."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from streams.contracts.event import Instant

_Weight = Annotated[float, Field(ge=0, le=5, allow_inf_nan=False)]


class SyntheticConfig(BaseModel):
    """Sizes, seed and the weights of the planted utility; the same config gives the same shop."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    n_users: Annotated[int, Field(ge=1, le=1_000_000)] = 1_000
    n_items: Annotated[int, Field(ge=1, le=1_000_000)] = 2_000
    n_interactions: Annotated[int, Field(ge=0, le=10_000_000)] = 40_000
    """Events in all, those of held-out pairs included."""
    days: Annotated[int, Field(ge=1, le=3_650)] = 90
    """Length of the time in which they happen."""
    seed: Annotated[int, Field(ge=0)] = 0
    ends_at: Instant = datetime(2026, 10, 1, tzinfo=UTC)
    """The end of that time: fixed, so that a shop made tomorrow is the one made today."""
    category_weight: _Weight = 1.0
    """Scale of the users' taste in departments and categories."""
    brand_weight: _Weight = 0.8
    """Standard deviation of the users' taste in brands."""
    price_weight: _Weight = 0.4
    """Utility lost by one price level (of five) of distance, squared."""
    popularity_weight: _Weight = 0.6
    """Exponent of Zipf's law of the items' popularity."""
    min_history: Annotated[int, Field(ge=1)] = 5
    """Distinct items that must remain of a user of whom an item is held out."""

    @property
    def starts_at(self) -> datetime:
        """The beginning of the time in which the events happen."""
        return self.ends_at - timedelta(days=self.days)
