"""Recommendations at request time, from the first source that has any.

The sources are live -> precomputed -> trending -> popular -> none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ml.registry import repository
from ml.serving.category_spread import CANDIDATES_PER_PLACE, spread_for
from ml.serving.dependency import Dependency
from ml.serving.filters import Shopper, apply_filters, search_filtered
from ml.serving.live_model import LiveModel, LiveModelWatcher
from ml.serving.online_store import ShopperFeatures
from ml.settings import MlSettings

Source = Literal["live", "precomputed", "trending", "popular", "none"]

_MIN_TRENDING = 10
"""Items of the trending list at least: a handful of events would fill the first page."""


@dataclass(frozen=True, slots=True)
class ServedList:
    """A list with where it comes from."""

    item_ids: tuple[str, ...]
    """Best first."""
    source: Source
    model_version: str | None
    """The version that made it; None for `trending`, which no model makes, and for `none`."""


@dataclass(frozen=True, slots=True)
class RecommenderStatus:
    """What the recommender could serve now."""

    model_version: str | None
    """The live version; None before the first training."""
    source: Source
    """Of the list for a visitor of whom nothing is known."""
    rejected_versions: int = 0
    """How many of the newest versions in a row the gate has rejected."""
    newest_version_at: datetime | None = None
    """When the pipeline made the newest version, promoted or not."""
    has_bundle: bool = False
    """Whether the live version's bundle is loaded, so that shoppers are encoded as they act."""


class Recommender:
    """Recommends in one web worker. Threads may share it.

    Constructing it is cheap: the live version is loaded in the background, and simpler answers are
    served until then. It notices a switch of the live version within five seconds. One version
    makes a whole list: precomputed lists are read by the version that is live.
    """

    def __init__(self, settings: MlSettings) -> None:
        self._live_model = LiveModelWatcher(settings)
        self._online_store = Dependency("Feast online store")
        self._search = Dependency("live recommendations")

    def recommend(self, user_id: str | None, preferences: Sequence[str], limit: int) -> ServedList:
        """At most `limit` items for a shopper, or for a visitor (None).

        Never raises because a dependency is unavailable; the last answer is an empty list of source
        `none`.
        """
        model = self._live_model.current()
        state = self._state(model, user_id)
        shopper = Shopper(user_id, preferences, state.history if state else ())
        return _first(self._answers(model, state, shopper, limit))

    def status(self) -> RecommenderStatus:
        """The live version and the source of a visitor's list, for health checks and metrics."""
        model = self._live_model.current()
        visitors = _first(self._for_anyone(model, Shopper(None), limit=_MIN_TRENDING))
        return RecommenderStatus(
            model.version if model else None,
            visitors.source,
            self._live_model.rejected_versions,
            self._live_model.newest_version_at,
            has_bundle=model is not None and model.towers is not None,
        )

    def close(self) -> None:
        """End the background thread and its connections."""
        self._live_model.close()

    def _answers(
        self, model: LiveModel | None, state: ShopperFeatures | None, shopper: Shopper, limit: int
    ) -> Iterator[ServedList]:
        if model is not None:
            yield from self._personal(model, state, shopper, limit)
        yield from self._for_anyone(model, shopper, limit)

    def _personal(
        self, model: LiveModel, state: ShopperFeatures | None, shopper: Shopper, limit: int
    ) -> Iterator[ServedList]:
        listed = state.top_k if state else None
        if listed is None or _acted_since(state):
            found = self._search.call(lambda: self._search_live(model, shopper, limit))
            yield ServedList(found or (), "live", model.version)
        if listed is not None:
            yield ServedList(apply_filters(listed, shopper)[:limit], "precomputed", model.version)

    def _for_anyone(
        self, model: LiveModel | None, shopper: Shopper, limit: int
    ) -> Iterator[ServedList]:
        trend = apply_filters(self._live_model.trending, shopper)[:limit]
        if len(trend) >= min(limit, _MIN_TRENDING):
            yield ServedList(trend, "trending", None)
        if model is not None:
            yield ServedList(
                apply_filters(model.popular, shopper)[:limit], "popular", model.version
            )

    def _state(self, model: LiveModel | None, user_id: str | None) -> ShopperFeatures | None:
        if user_id is None:
            return None
        store = self._live_model.online_store
        return self._online_store.call(
            lambda: store.shopper(model.version if model else None, user_id)
        )

    def _search_live(self, model: LiveModel, shopper: Shopper, limit: int) -> tuple[str, ...]:
        if model.towers is None or not (shopper.history or shopper.preferences):
            return ()
        users, items = model.towers.users, model.towers.items
        met = items.vectors(users.unknown({each.item_id for each in shopper.history}))
        vector = users.encode_shopper(shopper.preferences, shopper.history, new_items=met)
        seen: set[str] = set()
        if shopper.user_id is not None:
            with self._live_model.database.connection() as connection:
                seen = repository.seen_items(connection, shopper.user_id)
        found = search_filtered(
            lambda wanted: items.search(vector, wanted, seen), shopper, CANDIDATES_PER_PLACE * limit
        )
        return spread_for(shopper, found, limit, model.towers.categories, model.spread)


def _first(answers: Iterator[ServedList]) -> ServedList:
    """The first that has any items."""
    return next((each for each in answers if each.item_ids), ServedList((), "none", None))


def _acted_since(state: ShopperFeatures | None) -> bool:
    """Whether the shopper did something that the list's model does not know."""
    if state is None or state.known_until is None or not state.history:
        return False
    return state.history[-1].timestamp > state.known_until
