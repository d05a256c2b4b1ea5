"""How long a comparison goes on, from how long it has taken so far."""

import time
from collections.abc import Mapping


class TimeLeft:
    """An estimate that learns how quick this machine is on this data.

    The task under way is drawn out in proportion to its share; for those that wait, the rough
    efforts that they are known to take count at the rate of what has been measured.
    """

    _EARLIEST_SHARE = 0.02

    def __init__(self, efforts: Mapping[str, float]) -> None:
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
        """Seconds left when so much of the present task is done; None while nobody can know."""
        taken = time.monotonic() - self._start
        waiting = sum(self._waiting.values())
        effort, measured = self._measured_effort, self._measured_seconds
        if share >= self._EARLIEST_SHARE:
            whole = taken / share
            rate = (measured + whole) / (effort + self._effort)
            return whole - taken + rate * waiting
        if not effort:
            return None
        rate = measured / effort
        return max(0.0, rate * self._effort - taken) + rate * waiting
