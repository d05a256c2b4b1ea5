"""Sizes of the synthetic shop, and weights of its ground truth."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from streams.contracts.instant import Instant

_Weight = Annotated[float, Field(ge=0, le=5, allow_inf_nan=False)]


class SyntheticConfig(BaseModel):
    """Sizes, seed and weights of the utility; the same config gives the same shop."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    n_users: Annotated[int, Field(ge=1, le=1_000_000)] = 1_000
    n_items: Annotated[int, Field(ge=1, le=1_000_000)] = 2_000
    n_interactions: Annotated[int, Field(ge=0, le=10_000_000)] = 40_000
    """Number of events, including those of held-out pairs."""
    days: Annotated[int, Field(ge=1, le=3_650)] = 90
    """Length of the period in which they happen."""
    seed: Annotated[int, Field(ge=0)] = 0
    ends_at: Instant = datetime(2026, 10, 1, tzinfo=UTC)
    """The end of that period, fixed so that the shop does not depend on the day it is made."""
    category_weight: _Weight = 1.0
    """Scale of the users' taste in departments and categories."""
    brand_weight: _Weight = 0.8
    """Standard deviation of the users' taste in brands."""
    price_weight: _Weight = 0.4
    """Utility lost per squared distance between price levels, of which there are five."""
    popularity_weight: _Weight = 0.6
    """Exponent of Zipf's law of the items' popularity."""
    min_history: Annotated[int, Field(ge=1)] = 5
    """Distinct items that a user keeps, if an item is held out."""

    @property
    def starts_at(self) -> datetime:
        """The beginning of the period in which the events happen."""
        return self.ends_at - timedelta(days=self.days)
