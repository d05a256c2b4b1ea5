"""What is trending at each instant of a log, by the rules of `streams.processor.counters`."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from streams.contracts import Interaction, InteractionType
from streams.processor.counters import FLOOR, HALF_LIFE, MAX_ITEMS

_WEIGHTS = {
    InteractionType.NEGATIVE_VIEW: 0.2,
    InteractionType.VIEW: 1.0,
    InteractionType.POSITIVE_VIEW: 1.0,
    InteractionType.CART: 2.0,
    InteractionType.PURCHASE: 3.0,
}
"""What an interaction is worth, as in events.shopper_items; a rating is worth nothing."""

_MAX_HALF_LIVES = 1000


class Trend:
    """Decayed scores of items, to which interactions are added in the order of time."""

    def __init__(self, item_ids: Sequence[str], start: datetime) -> None:
        """Begin without any score.

        Args:
            item_ids: all items that may occur.
            start: not later than the first interaction.
        """
        self._item_ids = item_ids
        self._places = {item_id: place for place, item_id in enumerate(item_ids)}
        # As of `_start`: the order of the scores stays while nothing happens.
        self._scores = np.zeros(len(item_ids))
        self._start = start
        self._met: dict[str, dict[str, tuple[float, datetime]]] = {}
        """What an item is worth by what a user did with it on the day, and when they did it last;
        empty, in place of more than MAX_ITEMS items, for a program."""

    def add(self, event: Interaction) -> None:
        """Add an interaction that is not older than those before it."""
        item_id, at = event.item_id, event.timestamp
        if at.date() != self._start.date():
            self._scores *= 1 / self._grown(at)
            self._start, self._met = at, {}
        weight = _WEIGHTS.get(event.interaction_type)
        met = self._met.setdefault(event.user_id, {item_id: (0.0, at)})
        if weight is None or not met:
            return
        known, latest = met.get(item_id, (0.0, at))
        self._change(item_id, -known, latest)
        met[item_id] = max(known, weight), at
        self._change(item_id, *met[item_id])
        if len(met) > MAX_ITEMS:
            for each, (lost, when) in met.items():
                self._change(each, -lost, when)
            met.clear()

    def best(self, limit: int, now: datetime) -> list[str]:
        """The items whose scores reach the floor, best first; of equal ones the lower id."""
        reaching = np.flatnonzero(self._scores >= FLOOR * self._grown(now))
        scores = self._scores[reaching]
        if len(reaching) > limit:
            is_best = scores >= np.partition(scores, -limit)[-limit]
            reaching, scores = reaching[is_best], scores[is_best]
        ids = [self._item_ids[place] for place in reaching.tolist()]
        found = sorted(zip((-scores).tolist(), ids, strict=True))
        return [item_id for _, item_id in found[:limit]]

    def _change(self, item_id: str, weight: float, at: datetime) -> None:
        self._scores[self._places[item_id]] += weight * self._grown(at)

    def _grown(self, at: datetime) -> float:
        """What is worth 1 at an instant, as of the start."""
        # After a gap of years nothing is left; a float has no room for more.
        return float(2 ** min((at - self._start) / HALF_LIFE, _MAX_HALF_LIVES))
