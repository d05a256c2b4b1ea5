"""The figures of `ml.evaluation.replay`: hit rates of lists, by event, with their intervals."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, ConfigDict

from ml.evaluation.estimates import Interval, bootstrap_interval, ratio_interval
from streams.errors import ContractError

LIVE, NIGHTLY, AT_CUT = "live", "nightly", "at_cut"
TRENDING, POPULAR = "trending", "popular"
LISTS = (LIVE, NIGHTLY, AT_CUT, TRENDING, POPULAR)
NEW_ITEMS, ALL_ITEMS = "new_items", "all_items"
READINGS = (NEW_ITEMS, ALL_ITEMS)
"""Whether only items count that the shopper had not met, and all lists but LIVE hide the others."""

_SESSIONS = {"0": (0, 0), "1": (1, 1), "2-4": (2, 4), "5+": (5, None)}
"""Events of the session so far."""
GUESTS = "new users"


class _Finding(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ListFigures(_Finding):
    """How often one list held the next item."""

    hit_rate: Interval
    """The share of the events whose item is among the first k; users are drawn for the interval."""
    hit_rate_of_half: Interval
    """Among the first k / 2."""
    hit_rate_by_user: Interval
    """The mean of the users' own shares: who acts a hundred times counts as much as others."""
    live_minus_this: Interval
    """The difference in `hit_rate`, paired by event."""
    live_minus_this_by_user: Interval
    """The same in `hit_rate_by_user`."""


class PartFigures(_Finding):
    """The hit rates for a part of the events."""

    events: int
    users: int
    hit_rates: Mapping[str, float]
    """By list."""


class Reading(_Finding):
    """The figures of all lists, for the next items that one reading counts."""

    events: int
    users: int
    unlistable: float
    """Share of the events whose item had no vector at the cut, so that no personal list holds
    it."""
    lists: Mapping[str, ListFigures]
    parts: Mapping[str, PartFigures]
    """By the number of events of the session so far, and of users without an event before the
    cut."""


class Replay(_Finding):
    """What lists foresaw in a period."""

    k: int
    seed: int
    chain: Mapping[str, Any]
    """That made the live lists (`ml.serving.chain`)."""
    cut: datetime
    """The instant up to which the model knows the log."""
    end: datetime
    """Of the last event."""
    training_events: int
    users: int
    """Whose events count."""
    users_of_period: int
    readings: Mapping[str, Reading]


def place_of(name: str, reading: str) -> str:
    """The column of the next item's place in a list."""
    return f"{name}/{reading}"


def figures(events: pd.DataFrame, k: int, *, seed: int) -> dict[str, Reading]:
    """The figures of both readings.

    Args:
        events: one row per event: `user`, `in_session` (events of the session before it),
            `is_guest`, `is_listable`, a column by each reading's name that says whether it counts,
            and where it does by `place_of` the place of its item in each list, from 0; k is none.
        k: length of the lists.
        seed: of the intervals.

    Raises:
        ContractError: no event counts.
    """
    return {reading: _reading(events[events[reading]], reading, k, seed) for reading in READINGS}


def _reading(events: pd.DataFrame, reading: str, k: int, seed: int) -> Reading:
    if events.empty:
        raise ContractError("nobody met an item in the period")
    codes = pd.factorize(events["user"])[0]
    sizes = np.bincount(codes)

    def estimate(values: npt.NDArray[np.float64]) -> tuple[Interval, Interval]:
        sums = np.bincount(codes, weights=values).astype(np.float64)
        by_user = bootstrap_interval(sums / sizes, seed=seed)
        return ratio_interval(sums, sizes, seed=seed), by_user

    def of_list(name: str) -> ListFigures:
        hit, by_user = estimate(hits(events, name, k))
        minus, minus_by_user = estimate(hits(events, LIVE, k) - hits(events, name, k))
        return ListFigures(
            hit_rate=hit,
            hit_rate_of_half=estimate(hits(events, name, k // 2))[0],
            hit_rate_by_user=by_user,
            live_minus_this=minus,
            live_minus_this_by_user=minus_by_user,
        )

    def hits(of: pd.DataFrame, name: str, length: int) -> npt.NDArray[np.float64]:
        return np.asarray(of[place_of(name, reading)] < length, dtype=np.float64)

    return Reading(
        events=len(events),
        users=len(sizes),
        unlistable=1 - float(events["is_listable"].mean()),
        lists={name: of_list(name) for name in LISTS},
        parts={
            part: PartFigures(
                events=len(of),
                users=int(of["user"].nunique()),
                hit_rates={name: float(hits(of, name, k).mean()) for name in LISTS},
            )
            for part, of in _parts(events)
            if len(of)
        },
    )


def _parts(events: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    so_far = events["in_session"]
    for name, (low, high) in _SESSIONS.items():
        yield name, events[(so_far >= low) & ((so_far <= high) if high is not None else True)]
    yield GUESTS, events[events["is_guest"]]
