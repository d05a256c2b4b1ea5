"""A period of a log event by event: what was known of a shopper and of the shop before each."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

import numpy as np
import pandas as pd

from ml.dataset import interactions_of
from ml.evaluation.temporal_split import TemporalSplit
from ml.evaluation.trend import Trend
from ml.registry.shoppers import REJECTIONS_COUNT, Met
from streams.contracts import SESSION_GAP, Interaction, InteractionType
from streams.contracts.category import names
from streams.processor.counters import MEMORY


@dataclass(slots=True)
class Walk:
    """One shopper on their way through the log."""

    preferences: Sequence[str] = ()
    """Names of the categories that they like."""
    history: list[Interaction] = field(default_factory=list)
    """Oldest first."""
    met: dict[str, None] = field(default_factory=dict)
    """All items of the history."""
    _in_session: int = 0

    def add(self, event: Interaction) -> None:
        """Let the next event happen."""
        self._in_session = self.in_session(event) + 1
        self.history.append(event)
        self.met[event.item_id] = None

    def in_session(self, event: Interaction) -> int:
        """How many events the session of the next event has so far."""
        if not self.history or event.timestamp - self.history[-1].timestamp > SESSION_GAP:
            return 0
        return self._in_session

    def stays(self, event: Interaction) -> bool:
        """Whether the next event goes on with the item that the session is at."""
        return self.in_session(event) > 0 and event.item_id == self.history[-1].item_id

    def until(self, instant: datetime) -> list[Interaction]:
        """What happened before an instant."""
        return self.history[: bisect_left(self.history, instant, key=attrgetter("timestamp"))]

    def stored(self, now: datetime) -> dict[str, Met]:
        """What the shop has stored of them by item, as `ml.registry.shoppers.met_items` reads it.

        Args:
            now: not older than the history.
        """
        bought: dict[str, datetime] = {}
        rejections: Counter[str] = Counter()
        for event in self.history:
            if event.interaction_type in (InteractionType.PURCHASE, InteractionType.RATE):
                bought[event.item_id] = event.timestamp
            elif event.interaction_type is InteractionType.NEGATIVE_VIEW:
                rejections[event.item_id] += event.timestamp > now - REJECTIONS_COUNT
        return {item_id: Met(bought.get(item_id), rejections[item_id]) for item_id in self.met}


class Moment(NamedTuple):
    """The moment before an event; all is as of then, and changes afterwards."""

    event: Interaction
    walk: Walk
    trend: Trend


def moments(split: TemporalSplit, users: Collection[str]) -> Iterator[Moment]:
    """The events of some users in the test period, in the order of time; equal times as in the log.

    What is trending is so by what everybody did. Memory grows with what these users did, and with
    the test period.

    Args:
        split: the log before and from an instant, with all timestamps.
        users: their ids.
    """
    earlier, log = split.training.interactions, split.test
    cut = split.instant.to_pydatetime()
    wanted = frozenset(users)
    people = split.training.users
    chosen = people[people["user_id"].isin(wanted)]
    walks: dict[str, Walk] = defaultdict(Walk)
    for user_id, text in zip(chosen["user_id"], chosen["preferences"], strict=True):
        walks[user_id].preferences = names(text)
    for event in interactions_of(_in_time(earlier[earlier["user_id"].isin(wanted)])):
        walks[event.user_id].add(event)
    recent = _in_time(earlier[earlier["timestamp"] >= split.instant - MEMORY])
    item_ids = sorted({*recent["item_id"], *log["item_id"]})
    trend = Trend(item_ids, cut - MEMORY)
    for event in interactions_of(recent):
        trend.add(event)
    for event in interactions_of(_in_time(log)):
        if event.user_id in wanted:
            walk = walks[event.user_id]
            yield Moment(event, walk, trend)
            walk.add(event)
        trend.add(event)


def _in_time(interactions: pd.DataFrame) -> pd.DataFrame:
    return interactions.sort_values("timestamp", kind="stable")


def sampled_users(events: pd.DataFrame, number: int, *, seed: int) -> list[str]:
    """Users, drawn until they have so many of the events, or all who have any."""
    counts = events["user_id"].value_counts().sort_index()
    drawn = counts.iloc[np.random.default_rng(seed).permutation(len(counts))]
    return [str(user) for user in drawn.index[drawn.cumsum() - drawn < number]]
