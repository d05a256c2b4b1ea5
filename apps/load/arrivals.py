"""When visitors arrive: a Poisson process with bursts."""

from collections.abc import Iterator
from random import Random

_PERIOD_SECONDS = 10.0
_BURST_SECONDS = 1.0
"""Each period has one burst, somewhere."""
_BURST_FACTOR = 3.0
"""How many times more visitors arrive in a burst than on average."""
_QUIET_FACTOR = (_PERIOD_SECONDS - _BURST_SECONDS * _BURST_FACTOR) / (
    _PERIOD_SECONDS - _BURST_SECONDS
)


def arrivals(rate: float, start: float, end: float, random: Random) -> Iterator[float]:
    """Instants in order, in seconds; `rate` a second on average.

    The times between arrivals are exponential, as those of people are who do not know each other.
    """
    period = start
    while period < end:
        burst = period + random.uniform(0, _PERIOD_SECONDS - _BURST_SECONDS)
        after = burst + _BURST_SECONDS
        yield from _poisson(rate * _QUIET_FACTOR, period, min(burst, end), random)
        yield from _poisson(rate * _BURST_FACTOR, burst, min(after, end), random)
        period += _PERIOD_SECONDS
        yield from _poisson(rate * _QUIET_FACTOR, after, min(period, end), random)


def _poisson(rate: float, start: float, end: float, random: Random) -> Iterator[float]:
    at = start + random.expovariate(rate)
    while at < end:
        yield at
        at += random.expovariate(rate)
