"""How long a series of trainings goes on, estimated from how long it has taken so far."""

import time
from collections.abc import Mapping


class TimeLeft:
    """An estimate that learns how fast this machine is on this data.

    The task under way is extrapolated from the share of it that is done. The tasks that wait are
    estimated from their efforts, at the rate of seconds per effort measured so far.
    """

    _MIN_SHARE = 0.02

    def __init__(self, efforts: Mapping[str, float]) -> None:
        """Plan the tasks, by name; an effort is how long a task takes relative to the others."""
        self._waiting = dict(efforts)
        self._measured_effort = 0.0
        self._measured_seconds = 0.0
        self._effort = 0.0
        self._start = 0.0

    def begin(self, name: str) -> None:
        """A task begins; the one before it is over."""
        now = time.monotonic()
        if self._effort:
            self._measured_effort += self._effort
            self._measured_seconds += now - self._start
        self._effort = self._waiting.pop(name)
        self._start = now

    def seconds(self, share: float) -> float | None:
        """Seconds left when this share of the current task is done; None while it is unknown."""
        elapsed = time.monotonic() - self._start
        waiting = sum(self._waiting.values())
        effort, measured = self._measured_effort, self._measured_seconds
        if share >= self._MIN_SHARE:
            whole = elapsed / share
            rate = (measured + whole) / (effort + self._effort)
            return whole - elapsed + rate * waiting
        if not effort:
            return None
        rate = measured / effort
        return max(0.0, rate * self._effort - elapsed) + rate * waiting
