"""All that the stages know of one request."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ml.merchandising import Surface
from ml.registry.shoppers import Met
from ml.serving.active_rules import ActiveRule
from ml.serving.catalogue import Catalogue
from ml.serving.chain.candidates import ReasonKind
from ml.serving.live_model import LiveModel, Towers
from ml.serving.metrics import INFERENCE_SECONDS
from ml.serving.shopper import Shopper
from streams.contracts import Interaction, InteractionType

Array = npt.NDArray[np.float32]

_KINDS = {
    InteractionType.VIEW: ReasonKind.VIEWED,
    InteractionType.POSITIVE_VIEW: ReasonKind.VIEWED,
    InteractionType.CART: ReasonKind.CARTED,
    InteractionType.PURCHASE: ReasonKind.BOUGHT,
    InteractionType.RATE: ReasonKind.BOUGHT,
}
_RECENT = 2
"""How many of the newest events tell what the shopper looks for now (docs/serving.md)."""
_STRENGTH = {ReasonKind.BOUGHT: 2, ReasonKind.CARTED: 1, ReasonKind.VIEWED: 0}


@dataclass
class Context:
    """One request. It uses one version of the model and one state of the catalogue throughout."""

    shopper: Shopper
    limit: int
    """Length of the list."""
    now: datetime
    model: LiveModel | None
    catalogue: Catalogue
    listed: Sequence[str] | None = None
    """The shopper's list of the live version, best first."""
    only: frozenset[str] | None = None
    """The items of the category that is asked for; None: all."""
    acted_since: bool = False
    """Whether the shopper did something that the list's model does not know."""
    met: Mapping[str, Met] | None = None
    """What is stored of the shopper by item. None: not asked for, or PostgreSQL did not answer."""
    rules: Sequence[ActiveRule] = ()
    """The merchandising rules that concern this request."""
    surface: Surface | None = None
    """The page that asks; None: no page does."""
    features_answered: bool = True
    """Whether Feast's online store said what it has of the shopper."""
    excluded: Collection[str] = field(default=(), init=False)
    """What the filters leave out of this list, for sources that search."""
    fused: Collection[str] = field(default=(), init=False)
    """The sources that will add to a personal list."""
    nearest: dict[str, tuple[list[str], Array]] = field(default_factory=dict, init=False)
    """What the search of the index has found for a source: ids and scores, best first."""
    source: str = field(default="none", init=False)
    """The candidate source that the list is named after, as soon as it is known."""

    @property
    def towers(self) -> Towers | None:
        """Both sides of the model, where they are loaded."""
        return self.model.towers if self.model else None

    @property
    def user_vector(self) -> Array | None:
        """The shopper as of now, float32 (dim,); None if nothing is known, or without towers."""
        return None if self._vectors is None else self._vectors[0]

    @property
    def recent_vector(self) -> Array | None:
        """What the shopper did last, by itself, float32 (dim,); None as for `user_vector`."""
        return None if self._vectors is None or not self.shopper.history else self._vectors[1]

    @cached_property
    def _vectors(self) -> Array | None:
        """Both of them, float32 (2, dim): encoding two takes little longer than one."""
        towers, shopper = self.towers, self.shopper
        if towers is None or not (shopper.history or shopper.preferences):
            return None
        return self.encoded(shopper.preferences, shopper.history, towers)

    @staticmethod
    def encoded(
        preferences: Sequence[str], history: Sequence[Interaction], towers: Towers
    ) -> Array:
        """Somebody with these preferences and events, and their newest events, float32 (2, dim)."""
        with INFERENCE_SECONDS.time():
            unknown = towers.users.unknown({each.item_id for each in history})
            new_items = towers.items.vectors(unknown)
            return towers.users.encode_with_newest(
                preferences, history, _RECENT, new_items=new_items
            )

    @cached_property
    def acted_on(self) -> Mapping[str, ReasonKind]:
        """The most that the shopper did with the items of the live history, the newest first."""
        found: dict[str, ReasonKind] = {}
        for event in reversed(self.shopper.history):
            kind, known = _KINDS.get(event.interaction_type), found.get(event.item_id)
            if kind and (known is None or _STRENGTH[kind] > _STRENGTH[known]):
                found[event.item_id] = kind
        return found

    @cached_property
    def bought(self) -> Mapping[str, datetime]:
        """When the shopper last bought an item, by item id; who rates one has it."""
        met = (self.met or {}).items()
        return self._with_new_purchases({item: each.bought_at for item, each in met})

    @cached_property
    def purchased(self) -> Mapping[str, datetime]:
        """As `bought`, without what the shopper has only rated."""
        met = (self.met or {}).items()
        return self._with_new_purchases({item: each.purchased_at for item, each in met})

    def _with_new_purchases(self, stored: Mapping[str, datetime | None]) -> dict[str, datetime]:
        found = {item: at for item, at in stored.items() if at}
        for event in self.shopper.history:
            if event.interaction_type is InteractionType.PURCHASE:
                found[event.item_id] = max(
                    event.timestamp, found.get(event.item_id, event.timestamp)
                )
        return found

    @cached_property
    def viewed(self) -> Mapping[str, None]:
        """What the shopper has met, without what they have bought; the newest first."""
        items = dict.fromkeys(event.item_id for event in reversed(self.shopper.history))
        items.update(dict.fromkeys(self.met or ()))
        return {item: None for item in items if item not in self.bought}

    @property
    def knows_purchases(self) -> bool:
        """Whether all is known that the shopper has bought; a visitor has no account to ask for."""
        return self.shopper.user_id is None or self.met is not None

    def may_show(self, item_id: str) -> bool:
        """Whether a product that no source has named may be in the list of this shopper."""
        return (
            item_id not in self.excluded
            and item_id not in self.catalogue.unavailable
            and (self.only is None or item_id in self.only)
        )

    @property
    def is_personal(self) -> bool:
        """Whether the list is made for this shopper, and not for everybody."""
        return self.source in ("live", "precomputed")

    def category(self, item_id: str) -> str:
        """The whole path of an item's category; empty where it is not known."""
        return self.catalogue.categories.of(item_id)
