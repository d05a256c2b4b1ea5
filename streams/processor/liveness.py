"""Whether the worker is alive: offsets move while there is lag."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from time import monotonic

from streams.processor.progress import Partition


class Liveness:
    """Notes how far each assigned partition is, and since when it has been there with lag.

    Args:
        limit: how long a partition with lag may stay at one offset.
        clock: seconds.
    """

    def __init__(self, limit: timedelta, clock: Callable[[], float] = monotonic) -> None:
        self._limit = limit.total_seconds()
        self._clock = clock
        self._since: dict[Partition, tuple[int, float]] = {}

    def observe(self, ends: Mapping[Partition, int], offsets: Mapping[Partition, int]) -> None:
        """Note the end of each assigned partition, and the next offset to process of it."""
        now = self._clock()
        before = self._since
        self._since = {}
        for partition, end in ends.items():
            offset = offsets.get(partition, 0)
            known, since = before.get(partition, (offset, now))
            if end > offset:
                self._since[partition] = (offset, since if known == offset else now)

    @property
    def is_alive(self) -> bool:
        """Whether no partition has stood still with lag for longer than the limit."""
        now = self._clock()
        return all(now - since <= self._limit for _, since in self._since.values())
