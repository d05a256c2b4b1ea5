"""The recommender, as the shop uses it."""

from collections.abc import Sequence
from typing import Protocol

from ml.merchandising import Surface
from ml.serving.chain.chain import MadeList
from ml.serving.chain.context import Context
from ml.serving.related_items import RelatedItems
from ml.serving.served_list import RecommenderStatus, ServedList
from ml.serving.taste import Taste
from streams.contracts import Interaction


class Recommender(Protocol):
    """`ml.serving.recommender.Recommender`, or anything that answers as it does."""

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
        """At most `limit` items for a shopper, or for a visitor (None) with what they just did.

        Preferences that are None are those that are stored of the shopper.

        Never raises because a dependency is unavailable: it then gives a simpler list and says so.
        """
        ...

    def similar(self, item_id: str, limit: int) -> RelatedItems:
        """At most `limit` items that are like an item; none if the model does not know it."""
        ...

    def bought_together(self, item_ids: Sequence[str], limit: int) -> RelatedItems:
        """At most `limit` items that shoppers bought who bought one of `item_ids`."""
        ...

    def live_history(self, user_id: str) -> Sequence[Interaction] | None:
        """What a shopper did lately, newest last; None while that is not known."""
        ...

    def to_buy_again(self, user_id: str, limit: int) -> tuple[str, ...] | None:
        """At most `limit` items that a shopper bought and that are due again, newest first.

        None while it is not known what they have bought.
        """
        ...

    def taste(
        self,
        user_id: str | None,
        preferences: Sequence[str] | None,
        *,
        history: Sequence[Interaction] = (),
    ) -> Taste | None:
        """What a shopper, or a visitor (None) with what they just did, likes as of now.

        None: nothing is known of them, or no model is loaded. Never raises because a dependency is
        unavailable.
        """
        ...

    def trending(self, category: str, limit: int) -> tuple[str, ...]:
        """At most `limit` items that are trending in a category path, best first."""
        ...

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
        """As `recommend`, with all that was known of the request and all steps."""
        ...

    def status(self) -> RecommenderStatus:
        """The live version, and where a visitor's list comes from."""
        ...
