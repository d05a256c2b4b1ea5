"""The policy by which failed connectors and tasks are restarted, the same as Strimzi's autoRestart.

A connector is restarted at once, and again after 2, 6, 12, 20, 30, 42 and at most 60 units of time
since the last restart; after `MAX_RESTARTS` in a row nobody restarts it any more. The count begins
anew once it has run for as long as the next pause would be. Strimzi's unit is a minute.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

MAX_RESTARTS = 7
"""Restarts in a row."""
_LONGEST_PAUSE = 60


@dataclass(frozen=True, slots=True)
class Restarts:
    """The restarts of one connector so far."""

    in_a_row: int = 0
    """Since it last ran for long enough."""
    total: int = 0
    latest: datetime | None = None

    @property
    def is_exhausted(self) -> bool:
        """Whether it will not be restarted any more."""
        return self.in_a_row >= MAX_RESTARTS

    def is_due(self, now: datetime, unit: timedelta) -> bool:
        """Whether a connector that has failed is to be restarted now."""
        return not self.is_exhausted and self._has_paused(now, unit)

    def restarted(self, now: datetime) -> "Restarts":
        """One restart more."""
        return Restarts(self.in_a_row + 1, self.total + 1, now)

    def runs(self, now: datetime, unit: timedelta) -> "Restarts":
        """What counts of them for a connector that runs now."""
        return replace(self, in_a_row=0) if self._has_paused(now, unit) else self

    def _has_paused(self, now: datetime, unit: timedelta) -> bool:
        pause = unit * min(self.in_a_row * self.in_a_row + self.in_a_row, _LONGEST_PAUSE)
        return self.latest is None or now - self.latest >= pause
