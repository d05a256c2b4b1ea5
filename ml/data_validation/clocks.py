"""The clocks of the run and of those who sent events, against the database's."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

import pandas as pd

from ml.checks import Check
from ml.data_validation import repository
from ml.data_validation.bounds import DataBounds
from ml.dataset import Dataset
from ml.registry.repository import Connection

_DAY = pd.Timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Clocks:
    """What the database knows of time."""

    now: datetime
    future_interactions: int
    """Those after `now`."""

    @classmethod
    def read(cls, connection: Connection, bounds: DataBounds) -> Self:
        """Ask the database; a clock that is a little fast is no finding."""
        now = repository.now(connection)
        tolerated = now + timedelta(seconds=bounds.max_clock_seconds)
        return cls(now, repository.interactions_after(connection, tolerated))


def clock_checks(
    dataset: Dataset, until: datetime, clocks: Clocks, bounds: DataBounds
) -> Iterator[Check]:
    """Whether the run takes its data up to an instant that has been, and few events are later."""
    ahead = max((until - clocks.now).total_seconds(), 0.0)
    yield Check.at_most(
        name="clock of the run",
        measured=ahead,
        bound=bounds.max_clock_seconds,
        sentence=(
            f"The run takes the data until {until:%Y-%m-%d %H:%M:%S %Z}, which is"
            f" {ahead:,.0f} seconds ahead of the database's clock; at most"
            f" {bounds.max_clock_seconds:,.0f} are allowed."
        ),
    )
    instants = dataset.interactions["timestamp"]
    newest_day = int((instants > instants.max() - _DAY).sum())
    future = clocks.future_interactions
    # Beside a quiet day a single event would be a large share.
    share = future / (future + max(newest_day, bounds.min_interactions))
    yield Check.at_most(
        name="interactions in the future",
        measured=share,
        bound=bounds.max_future,
        sentence=(
            f"{future:,} interactions are in the future, {share:.1%} of these and a day's"
            f" {max(newest_day, bounds.min_interactions):,} together; at most"
            f" {bounds.max_future:.0%} may be: they come from a clock that is wrong."
        ),
    )
