"""What happened in one minute."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from streams.contracts import Interaction, InteractionType


class Place(NamedTuple):
    """Where an item was shown or clicked."""

    surface: str
    position: int | None
    """From 0."""
    model_version: str | None
    experiment: str | None


@dataclass(slots=True)
class Minute:
    """Counts of the events that Kafka got in this minute."""

    kinds: Counter[InteractionType] = field(default_factory=Counter)
    shoppers: dict[InteractionType, set[str]] = field(default_factory=dict)
    touched: Counter[str] = field(default_factory=Counter)
    """Views, carts and purchases by item."""
    sold: Counter[str] = field(default_factory=Counter)
    """Pieces by item."""
    clicks: Counter[Place] = field(default_factory=Counter)
    """Views of an item that was reached from a list."""
    shown: Counter[Place] = field(default_factory=Counter)
    """Items in lists that shoppers were shown."""

    def interaction(self, event: Interaction) -> None:
        """Count an interaction."""
        kind = event.interaction_type
        self.kinds[kind] += 1
        self.shoppers.setdefault(kind, set()).add(event.user_id)
        if kind is not InteractionType.RATE:
            self.touched[event.item_id] += 1
        if kind is InteractionType.PURCHASE:
            self.sold[event.item_id] += event.quantity or 1
        if kind is InteractionType.VIEW and event.surface:
            place = Place(event.surface, event.position, event.model_version, event.experiment)
            self.clicks[place] += 1

    def impression(
        self,
        surface: str,
        positions: Iterable[int],
        model_version: str | None,
        experiment: str | None,
    ) -> None:
        """Count the items of a list that a shopper was shown, the denominator of click-through."""
        for position in positions:
            self.shown[Place(surface, position, model_version, experiment)] += 1
