"""Recommendations at request time: what the chain needs to know, and the list it makes."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from ml.merchandising import Surface
from ml.serving.active_rules import ActiveRule
from ml.serving.category_trends import CategoryTrends
from ml.serving.chain.chain import Chain, MadeList
from ml.serving.chain.context import Context
from ml.serving.dependency import Dependency
from ml.serving.live_model import LiveModel, LiveModelWatcher
from ml.serving.made_lists import MadeLists
from ml.serving.online_store import ShopperFeatures
from ml.serving.related_items import RelatedItems, bought_with, similar_items
from ml.serving.served_list import RecommenderStatus, ServedList
from ml.serving.shopper import Shopper
from ml.serving.shopper_reads import ShopperReads
from ml.serving.taste import Taste
from ml.settings import MlSettings
from streams.contracts import Interaction

_PROBE = 10
"""Length of the list that `status` asks for."""

_CART_LASTS = timedelta(hours=24)
"""So long a product counts as in the cart; as the filter `in_cart` says by default."""


class Recommender:
    """Recommends in one web worker. Threads may share it.

    Constructing it is cheap: the live version is loaded in the background, and simpler answers are
    served until then. It notices a switch of the live version within five seconds. One version
    makes a whole list: precomputed lists are read by the version that is live.

    Raises:
        ConfigurationError: the chain of the settings says something that no stage knows.
    """

    def __init__(self, settings: MlSettings) -> None:
        self._chain = Chain.read(settings.chain)
        self._live_model = LiveModelWatcher(settings)
        self._lists: MadeLists[ServedList] = MadeLists()
        self._trends = CategoryTrends(self._live_model.online_store)
        self._reads = ShopperReads(self._live_model.online_store, self._live_model.database)
        self._taste = Dependency("the shopper's taste")

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
        """At most `limit` items for a shopper, or for a visitor (None).

        Never raises because a dependency is unavailable; the last answer is an empty list of source
        `none`.

        Args:
            user_id: of the shopper.
            preferences: departments that they have stated; None: as they are stored.
            limit: items at most.
            history: what a visitor did in this session, oldest first; a shopper's is in Feast.
            category: a path; only items of it and of those below it, if it is not empty.
            surface: the page that asks; some merchandising rules are for one alone.
        """
        context = self._context(
            user_id,
            preferences,
            limit,
            history=history,
            category=category,
            surface=surface,
            needs_purchases=surface is Surface.HOME and self._chain.lets_buy_again,
        )
        if user_id is None:
            return self._served(context)
        found = self._lists.find(context, (category, surface))
        if found is None:
            found = self._served(context)
            self._lists.keep(context, (category, surface), found)
        return found

    def _served(self, context: Context) -> ServedList:
        made = self._chain.make(context)
        by_model = context.model and made.source not in ("trending", "none")
        return ServedList(
            tuple(made.candidates),
            made.source,
            context.model.version if context.model and by_model else None,
            context.shopper.history,
            context.shopper.preferences,
            self._chain.to_buy_again(context) or (),
        )

    def explain(
        self,
        user_id: str | None,
        preferences: Sequence[str] | None,
        limit: int,
        *,
        history: Sequence[Interaction] = (),
        category: str = "",
        surface: Surface | None = None,
        rules: Sequence[ActiveRule] | None = None,
    ) -> tuple[Context, MadeList]:
        """As `recommend`, with all that was known of the request and all steps.

        `rules` stand in for those of the moment.
        """
        context = self._context(
            user_id,
            preferences,
            limit,
            history=history,
            category=category,
            surface=surface,
            rules=rules,
        )
        return context, self._chain.make(context)

    def _context(
        self,
        user_id: str | None,
        preferences: Sequence[str] | None,
        limit: int,
        *,
        history: Sequence[Interaction],
        category: str,
        surface: Surface | None,
        rules: Sequence[ActiveRule] | None = None,
        needs_purchases: bool = False,
    ) -> Context:
        """All that is known of a request."""
        model, catalogue = self._live_model.current(), self._live_model.catalogue
        shopper, state = self._known(model, user_id, preferences, history)
        acted_since = _acted_since(state)
        listed = state.top_k if state else None
        now = datetime.now(UTC)
        if rules is None:  # some may have ended since they were read
            rules = [each for each in self._live_model.rules if each.rule.is_active(now)]
        carted = {catalogue.categories.of(each) for each in shopper.in_cart(now - _CART_LASTS)}
        by_age = any(each.rule.audience.names_age for each in rules)
        age = self._reads.age(user_id) if by_age else None
        concerned = [
            each
            for each in rules
            if each.rule.audience.has(shopper.preferences, surface, age)
            and each.rule.occasion.holds(now, carted)
        ]
        needs_met = (
            needs_purchases
            or listed is None
            or acted_since
            or any(each.places for each in concerned)
        )
        return Context(
            shopper=shopper,
            limit=limit,
            now=now,
            model=model,
            catalogue=catalogue,
            only=catalogue.categories.within(category) if category else None,
            listed=listed,
            acted_since=acted_since,
            met=self._reads.met(user_id) if needs_met else None,
            features_answered=user_id is None or state is not None,
            rules=concerned,
            surface=surface,
        )

    def _known(
        self,
        model: LiveModel | None,
        user_id: str | None,
        preferences: Sequence[str] | None,
        history: Sequence[Interaction],
    ) -> tuple[Shopper, ShopperFeatures | None]:
        """The shopper, and what Feast has of them if it answers."""
        state = self._reads.features(model.version if model else None, user_id)
        if preferences is None:
            preferences = state.preferences if state else self._reads.preferences(user_id)
        return Shopper(user_id, preferences, state.history if state else history), state

    def similar(self, item_id: str, limit: int) -> RelatedItems:
        """At most `limit` items, and `live_items.MAX_SIMILAR`, that are like an item.

        None while the live version is being loaded, and for an item of which it has no vector.
        """
        return similar_items(self._live_model.current(), item_id, limit)

    def bought_together(self, item_ids: Sequence[str], limit: int) -> RelatedItems:
        """At most `limit` items that shoppers bought who bought one of `item_ids`, these excluded.

        As the live version knows it, which is as of its training.
        """
        return bought_with(self._live_model.current(), item_ids, limit)

    def live_history(self, user_id: str) -> tuple[Interaction, ...] | None:
        """What a shopper did lately, newest last; None while Feast is away."""
        state = self._reads.features(None, user_id)
        return state.history if state else None

    def to_buy_again(self, user_id: str, limit: int) -> tuple[str, ...] | None:
        """At most `limit` items that a shopper bought and that are due again.

        The newest purchase comes first. None while it is not known what they have bought.
        """
        if not self._chain.lets_buy_again:
            return ()
        context = self._context(
            user_id,
            (),
            limit,
            history=(),
            category="",
            surface=None,
            rules=(),
            needs_purchases=True,
        )
        due = self._chain.to_buy_again(context)
        return due if due is None else due[:limit]

    def taste(
        self,
        user_id: str | None,
        preferences: Sequence[str] | None,
        *,
        history: Sequence[Interaction] = (),
    ) -> Taste | None:
        """What a shopper, or a visitor (None) with what they just did, likes as of now.

        None: nothing is known of them, or the live version is not loaded. The arguments are those
        of `recommend`; one query reads a shopper's history.
        """
        model = self._live_model.current()
        if model is None or (towers := model.towers) is None:
            return None
        shopper, _ = self._known(model, user_id, preferences, history)
        if not (shopper.history or shopper.preferences):
            return None
        vectors = self._taste.call(
            lambda: Context.encoded(shopper.preferences, shopper.history, towers)
        )
        return None if vectors is None else Taste(vectors[0], towers.items)

    def trending(self, category: str, limit: int) -> tuple[str, ...]:
        """At most `limit` items that are trending in a category path; none while Feast is away."""
        return self._trends.of(category)[:limit]

    def wait_until_loaded(self, seconds: float) -> None:
        """Wait until the live version and the catalogue have been read once, if they could be."""
        self._live_model.wait_until_loaded(seconds)

    def status(self) -> RecommenderStatus:
        """The live version and the source of a visitor's list, for health checks and metrics."""
        model = self._live_model.current()
        return RecommenderStatus(
            model.version if model else None,
            self.recommend(None, (), _PROBE).source,
            self._live_model.rejected_versions,
            self._live_model.newest_version_at,
            self._live_model.registry_behind_since,
            has_bundle=model is not None and model.towers is not None,
        )

    def close(self) -> None:
        """End the background thread and its connections."""
        self._live_model.close()


def _acted_since(state: ShopperFeatures | None) -> bool:
    """Whether the shopper did something that the list's model does not know."""
    if state is None or state.known_until is None or not state.history:
        return False
    return state.history[-1].timestamp > state.known_until
