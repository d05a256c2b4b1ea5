"""How a shopper of the synthetic shop chooses items: by the softmax of their utility."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

import numpy as np

from ml.data.synthetic.catalogue import Catalogue
from ml.data.synthetic.ground_truth import Floats, Indices

_SAME_CATEGORY_PROBABILITY = 0.7
"""Probability that a view stays in the category of the session's first view."""
_MAX_DRAWS = 20
"""Rejected draws before the probabilities of the remaining items are calculated."""


def unix_seconds(instant: datetime) -> int:
    """An instant in whole unix seconds."""
    return int(instant.timestamp())


@dataclass(frozen=True, slots=True)
class ItemIndex:
    """The items sorted by category, so that a category is a range of positions."""

    items: Indices
    """(items,): positions in the catalogue, sorted by category."""
    category: Indices
    """(items,): categories in the order of `items`, ascending."""
    arrival: Indices
    """(items,): unix seconds, in the order of the catalogue."""

    @classmethod
    def of(cls, catalogue: Catalogue) -> Self:
        """The index of a catalogue."""
        items = np.argsort(catalogue.category, kind="stable")
        arrival = np.array([unix_seconds(product.arrival_date) for product in catalogue.products])
        return cls(items, catalogue.category[items], arrival)


class ItemChoice:
    """One user's choices; `random` is used for all of them."""

    def __init__(
        self, catalogue: Catalogue, index: ItemIndex, taste: Floats, random: np.random.Generator
    ) -> None:
        self._catalogue = catalogue
        self._index = index
        self._random = random
        self._taste = taste
        self._utility = taste + catalogue.popularity
        self._weights = np.exp(self._utility - self._utility.max())
        self._expected_taste = float((self._weights * taste).sum() / self._weights.sum())
        self._cumulative = np.concatenate([[0.0], np.cumsum(self._weights[index.items])])
        self._bought: set[int] = set()

    def next_view(self, at: int, viewed: list[int]) -> int:
        """An item that has arrived by `at` and was neither bought before nor viewed in the session.

        Args:
            at: unix seconds.
            viewed: the items of the session so far.
        """
        index = self._index
        low, high = 0, len(index.items)
        if viewed and self._random.random() < _SAME_CATEGORY_PROBABILITY:
            category = self._catalogue.category[viewed[0]]
            low, high = np.searchsorted(index.category, [category, category + 1])
        for _ in range(_MAX_DRAWS):
            point = self._random.uniform(self._cumulative[low], self._cumulative[high])
            place = int(np.searchsorted(self._cumulative, point, side="right")) - 1
            item = int(index.items[min(place, len(index.items) - 1)])
            if index.arrival[item] <= at and item not in self._bought and item not in viewed:
                return item
        return self._next_view_exactly(at, viewed)

    def _next_view_exactly(self, at: int, viewed: list[int]) -> int:
        weights = np.where(self._index.arrival <= at, self._weights, 0.0)
        fresh = weights.copy()
        fresh[[*self._bought, *viewed]] = 0.0
        if fresh.sum() > 0:
            weights = fresh
        return int(self._random.choice(len(weights), p=weights / weights.sum()))

    def best_viewed(self, viewed: list[int]) -> int:
        """The item that is put into the cart or bought, one of those viewed."""
        # The Gumbel-max trick: a sample of the softmax. The views followed the utility already, so
        # half of it counts here.
        noise = self._random.gumbel(size=len(viewed))
        return viewed[int(np.argmax(self._utility[viewed] / 2 + noise))]

    def buy(self, item: int) -> None:
        """Exclude an item from further views."""
        self._bought.add(item)

    def relative_taste(self, item: int) -> float:
        """The user's taste for an item, less the expected taste for a chosen item."""
        return float(self._taste[item]) - self._expected_taste
