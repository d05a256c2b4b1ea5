"""Whom a list is for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from streams.contracts import Interaction, InteractionType


@dataclass(frozen=True, slots=True)
class Shopper:
    """A shopper, or a visitor without an account, with all that is known of them now."""

    user_id: str | None
    """None for a visitor."""
    preferences: Sequence[str] = ()
    history: Sequence[Interaction] = ()
    """The live history, newest last."""

    def in_cart(self, since: datetime) -> set[str]:
        """What went into the cart after an instant, and was not bought since."""
        found = set()
        for event in self.history:
            if event.interaction_type is InteractionType.CART and event.timestamp > since:
                found.add(event.item_id)
            elif event.interaction_type is InteractionType.PURCHASE:
                found.discard(event.item_id)
        return found
