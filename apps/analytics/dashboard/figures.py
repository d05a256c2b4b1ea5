"""The figures of the page, over the minutes of a window. Threads may share them."""

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.analytics.dashboard.minute import Minute, Place
from apps.analytics.dashboard.products import Products
from streams.contracts import Interaction, InteractionType

KEPT = timedelta(hours=6)
"""How far back the page can look."""
_HALF_LIFE_MINUTES = 15
"""After which an event counts half for what is trending."""
_IDS = 200_000
"""The newest event ids: what is delivered twice within so many events counts once."""
_FUNNEL = (InteractionType.VIEW, InteractionType.CART, InteractionType.PURCHASE)
_PACE_SECONDS, _PACE_STEP = 300, 5
_ROWS = 8
_SHARED_SECONDS = 0.9
_MAX_CPU_SHARE = 0.2
"""The share of one CPU that snapshots of one window may take."""


class Figures:
    """Counts by minute; older minutes are forgotten."""

    def __init__(self, products: Products) -> None:
        self._products = products
        self._lock = threading.Lock()
        self._minutes: dict[int, Minute] = {}
        self._seconds: Counter[int] = Counter()
        self._ids: OrderedDict[UUID, None] = OrderedDict()
        self._sharing = threading.Lock()
        self._shared: dict[int, tuple[float, dict[str, Any]]] = {}

    def add(self, event: Interaction, at: float) -> None:
        """Count an event that Kafka got `at`, in seconds since 1970; a verdict is not counted."""
        with self._lock:
            if event.interaction_type.is_derived or event.interaction_id in self._ids:
                return
            self._ids[event.interaction_id] = None
            if len(self._ids) > _IDS:
                self._ids.popitem(last=False)
            self._minute(at).interaction(event)
            self._seconds[int(at)] += 1

    def add_impression(
        self,
        surface: str,
        positions: Iterable[int],
        at: float,
        *,
        model_version: str | None = None,
        experiment: str | None = None,
    ) -> None:
        """Count a list that a shopper was shown."""
        with self._lock:
            self._minute(at).impression(surface, positions, model_version, experiment)

    def latest(self, window: int) -> dict[str, Any]:
        """A snapshot that all viewers share: of this second, or older if it takes long to make."""
        with self._sharing:
            expires, figures = self._shared.get(window, (0.0, {}))
            if (begun := time.monotonic()) >= expires:
                figures = self.snapshot(window)
                took = time.monotonic() - begun
                self._shared[window] = begun + max(_SHARED_SECONDS, took / _MAX_CPU_SHARE), figures
            return figures

    def snapshot(self, window: int, now: float | None = None) -> dict[str, Any]:
        """Everything that the page shows about the last `window` minutes, as plain JSON values."""
        now = time.time() if now is None else now
        this = int(now // 60)
        with self._lock:
            self._forget(now)
            minutes = {age: self._minutes[this - age] for age in range(window)
                       if this - age in self._minutes}  # fmt: skip
            kinds = sum((each.kinds for each in minutes.values()), Counter())
            sold = sum((each.sold for each in minutes.values()), Counter())
            funnel = [
                len(set().union(*(each.shoppers.get(kind, ()) for each in minutes.values())))
                for kind in _FUNNEL
            ]
            trending = _trending(minutes)
            clicks = sum((each.clicks for each in minutes.values()), Counter())
            shown = sum((each.shown for each in minutes.values()), Counter())
            sold_by_age = {age: dict(each.sold) for age, each in minutes.items() if each.sold}
            pace = self._pace(int(now))
        best = sold.most_common(_ROWS)
        rising = sorted(trending.items(), key=lambda each: -each[1])[:_ROWS]
        self._products.know({*sold, *(item for item, _ in rising)})
        return {
            "window": window,
            "events": sum(kinds.values()),
            "per_second": sum(pace[-2:]) / 2,
            "pace": pace,
            "funnel": dict(zip(_FUNNEL, funnel, strict=True)),
            "kinds": dict(kinds),
            "orders_pieces": sum(sold.values()),
            "revenue": float(self._revenue(sold)),
            "revenue_by_minute": [
                float(self._revenue(sold_by_age.get(age, {}))) for age in reversed(range(window))
            ],
            "top": [
                {
                    "item": item,
                    "name": self._products.name(item),
                    "pieces": pieces,
                    "revenue": float(self._revenue({item: pieces})),
                }
                for item, pieces in best
            ],
            "trending": [
                {"item": item, "name": self._products.name(item), "score": round(score, 2)}
                for item, score in rising
            ],
            "click_through": {
                name: click_through(clicks, shown, name)
                for name in ("surface", "position", "model_version", "experiment")
            },
        }

    def _minute(self, at: float) -> Minute:
        return self._minutes.setdefault(int(at // 60), Minute())

    def _forget(self, now: float) -> None:
        oldest = int((now - KEPT.total_seconds()) // 60)
        for minute in [each for each in self._minutes if each < oldest]:
            del self._minutes[minute]
        for second in [each for each in self._seconds if each < now - _PACE_SECONDS - 1]:
            del self._seconds[second]

    def _pace(self, now: int) -> list[float]:
        """Events per second in steps of five seconds, oldest first; the last step is complete."""
        begin = now - _PACE_SECONDS
        return [
            sum(self._seconds[second] for second in range(start, start + _PACE_STEP)) / _PACE_STEP
            for start in range(begin, now, _PACE_STEP)
        ]

    def _revenue(self, sold: dict[str, int]) -> Decimal:
        return sum(
            (pieces * self._products.price(item) for item, pieces in sold.items()), Decimal()
        )


def _trending(minutes: dict[int, Minute]) -> dict[str, float]:
    """Exponentially decayed counts by item."""
    scores: dict[str, float] = {}
    for age, minute in minutes.items():
        weight = 0.5 ** (age / _HALF_LIFE_MINUTES)
        for item, count in minute.touched.items():
            scores[item] = scores.get(item, 0.0) + weight * count
    return scores


def click_through(clicks: Counter[Place], shown: Counter[Place], name: str) -> list[dict[str, Any]]:
    """Clicks, impressions and their ratio by one property of the place, most clicks first.

    The ratio is None where nothing is known to have been shown.
    """
    by_click, by_shown = (_by(counts, name) for counts in (clicks, shown))
    rows = [
        {
            "value": value,
            "clicks": by_click[value],
            "shown": by_shown[value],
            "rate": by_click[value] / by_shown[value] if by_shown[value] else None,
        }
        for value in by_click | by_shown
    ]
    if name == "position":
        return sorted(rows, key=lambda row: row["value"])[:_ROWS]
    return sorted(rows, key=lambda row: (-row["clicks"], -row["shown"]))[:_ROWS]


def _by(counts: Counter[Place], name: str) -> Counter[Any]:
    totals: Counter[Any] = Counter()
    for place, count in counts.items():
        value = getattr(place, name)
        if value is not None:
            totals[value] += count
    return totals
