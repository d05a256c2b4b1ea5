"""A recommender on the planted catalogue: the real chain, without a database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from ml.merchandising import Surface
from ml.registry.shoppers import Met
from ml.serving.catalogue import Catalogue, Categories
from ml.serving.chain.chain import Chain, MadeList
from ml.serving.chain.context import Context
from ml.serving.served_list import RecommenderStatus, ServedList
from ml.serving.shopper import Shopper
from streams.contracts import Interaction
from support.interactions import interaction
from support.planted_catalogue import CATEGORIES, ITEMS, NOW, planted_model
from support.shop import ListOf

HOUR = timedelta(hours=1)
HISTORY = (
    interaction("u", "i11", "view", NOW - 3 * HOUR),
    interaction("u", "i11", "cart", NOW - 2 * HOUR),
    interaction("u", "i12", "purchase", NOW - 2 * HOUR),
    interaction("u", "i25", "view", NOW - HOUR),
    interaction("u", "i26", "view", NOW - HOUR / 2),
)
CATALOGUE = Catalogue(
    Categories(CATEGORIES), frozenset({"i13"}), newest=("i39", "i13", "i38"), trending=ITEMS[:12]
)


@dataclass
class Planted(ListOf):
    """Explains the list of a shopper with HISTORY, who has a list of the version."""

    chain: Chain = field(default_factory=lambda: Chain(fused={"new": 1.0}))
    met: Mapping[str, Met] | None = field(
        default_factory=lambda: {"i14": Met(NOW - 99 * 24 * HOUR, 0), "i39": Met(None, 2)}
    )
    features_answered: bool = True

    def explain(
        self,
        user_id: str | None,
        preferences: Sequence[str] | None,
        limit: int,
        *,
        history: Sequence[Interaction] = (),
        category: str = "",
        surface: Surface | None = None,
    ) -> tuple[Context, MadeList]:
        context = Context(
            shopper=Shopper(
                user_id, preferences or (), HISTORY if self.features_answered else history
            ),
            limit=limit,
            now=NOW,
            model=planted_model(),
            catalogue=CATALOGUE,
            listed=ITEMS[20:30] if self.features_answered else None,
            acted_since=self.features_answered,
            met=self.met,
            features_answered=self.features_answered,
        )
        return context, self.chain.make(context)

    def recommend(
        self,
        user_id: str | None,
        preferences: Sequence[str] | None,
        limit: int,
        *,
        history: Sequence[Interaction] = (),
        category: str = "",
        surface: Surface | None = None,
    ) -> ServedList:
        _, made = self.explain(user_id, preferences, limit, history=history)
        return ServedList(tuple(made.candidates), made.source, "v1", HISTORY)

    def status(self) -> RecommenderStatus:
        return RecommenderStatus("v1", "trending")
