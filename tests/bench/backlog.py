"""A backlog of events of many shoppers, and how fast it is worked off."""

import random
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

_ITEMS = 5_000
_SHOPPERS = 10_000
_LIMIT_SECONDS = 300
_POLL_SECONDS = 0.2

Record = tuple[str, bytes]
"""A record's key and value."""


def interactions(
    dice: random.Random, kinds: Sequence[str], instants: Sequence[datetime]
) -> list[Record]:
    """An interaction for each instant: of any shopper with any item, of any of the kinds."""
    from support.interactions import interaction

    events = []
    for at in instants:
        user, session = f"user-{dice.randrange(_SHOPPERS)}", f"{at:%Y-%m-%d}"
        item, kind = f"i{dice.randrange(_ITEMS)}", dice.choice(kinds)
        event = interaction(user, item, kind, at, session_id=session)
        events.append((event.key, event.encode()))
    return events


def instants(first: datetime, count: int) -> list[datetime]:
    """Instants a tenth of a second apart."""
    return [first + timedelta(seconds=number / 10) for number in range(count)]


def rate(done: Callable[[], int], begin: Callable[[], None], count: int) -> float:
    """Events per second, from when the backlog may be worked off until `count` are done.

    The time to write the backlog is not in it: a producer would take a core away from what is
    measured.

    Args:
        done: counts the events that are done.
        begin: lets the backlog be worked off; what it has to wait for is not measured, either.
        count: number of events.
    """
    before = done()
    begin()
    first = done()
    started = time.perf_counter()
    wait_until(lambda: done() >= before + count)
    return (before + count - first) / (time.perf_counter() - started)


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until something is so.

    Raises:
        TimeoutError: it takes too long.
    """
    deadline = time.monotonic() + _LIMIT_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"the backlog is not worked off in {_LIMIT_SECONDS} s")
        time.sleep(_POLL_SECONDS)
