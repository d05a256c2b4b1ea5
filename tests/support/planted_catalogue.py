"""A small catalogue with a model whose vectors are known."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from ml.registry.bought_together import Together
from ml.serving.bought_together import BoughtTogether
from ml.serving.live_items import LiveItems
from ml.serving.live_model import LiveModel, Towers
from streams.contracts import Interaction

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)

ITEMS = [f"i{number:02}" for number in range(40)]
"""The first ten are mugs, then ten kettles, ten lamps and ten ropes."""
KINDS = ("Kitchen|Mugs", "Kitchen|Kettles", "Home|Lamps", "Garden|Ropes")
CATEGORIES = {item: KINDS[place // 10] for place, item in enumerate(ITEMS)}


class MeanOfItems:
    """A shopper is the mean of the history's items, and preferences are all of theirs."""

    def __init__(self, items: LiveItems) -> None:
        self._items = items

    def unknown(self, item_ids: set[str]) -> list[str]:
        return []

    def encode_with_newest(
        self, preferences: Sequence[str], history: Sequence[Interaction], newest: int, **_: Any
    ) -> Any:
        return np.stack([self._encoded(preferences, history), self._encoded((), history[-newest:])])

    def _encoded(self, preferences: Sequence[str], history: Sequence[Interaction]) -> Any:
        met = [event.item_id for event in history] or [
            item for item in ITEMS if CATEGORIES[item].split("|")[0] in preferences
        ]
        if not met:
            return np.eye(6, dtype=np.float32)[-1]  # the bias alone
        mean = np.mean(list(self._items.vectors(met).values()), axis=0)
        return np.concatenate([mean[:-1], [1]]).astype(np.float32)


def _vectors() -> Any:
    """One direction per kind, and within a kind the bias says which comes first."""
    vectors = np.zeros((len(ITEMS), 6), dtype=np.float32)
    for place in range(len(ITEMS)):
        vectors[place, place // 10] = 1
        vectors[place, -1] = -0.001 * place
    vectors[10:20, 0] = 0.6  # kettles are a little like mugs
    return vectors


def planted_model() -> LiveModel:
    """A model whose users are MeanOfItems."""
    items = LiveItems.of(ITEMS, _vectors())
    towers = Towers(MeanOfItems(items), items, 0)  # type: ignore[arg-type]
    pairs = [Together("i25", ["i30", "i31", "i11"], [9, 5, 4], [9.0, 4.0, 2.0])]
    return LiveModel("v1", tuple(reversed(ITEMS)), 0.5, towers, BoughtTogether.of(pairs))
