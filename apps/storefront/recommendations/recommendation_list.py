"""A list of products with the reason why they are recommended."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from types import MappingProxyType
from typing import Literal

from prometheus_client import Counter
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric

from apps.storefront.catalog import repository as catalog
from apps.storefront.catalog.listed_products import ListedProducts
from apps.storefront.catalog.repository import ListedProduct
from apps.storefront.events.impressions import note_list
from apps.storefront.recommendations.reasons import named_items, words
from apps.storefront.recommendations.shelf import Shelf
from apps.storefront.recommender import Recommender
from apps.storefront.services import Services
from ml.merchandising import Surface
from ml.serving.chain.candidates import Candidate
from ml.serving.served_list import ServedList
from streams.contracts import Interaction

Audience = Literal["shopper", "visitor"]

RECOMMENDATIONS = Counter(
    "recsys_recommendations_total",
    "Lists shown, by what they were made of, to shoppers or visitors.",
    ("source", "audience"),
)

LENGTHS: Mapping[Surface, int] = MappingProxyType({Surface.HOME: 10, Surface.RECOMMENDATIONS: 40})
"""Products of the list of a page."""
SLACK = 10
"""How many more items are requested, as the shop may no longer sell some."""

_REASONS = {
    "precomputed": "Picked for you",
    "trending": "Trending with other shoppers",
    "popular": "Popular with other shoppers",
    "new": "The newest arrivals",
    "newest": "The newest arrivals",
    "recent": "Based on your recent activity",
    "similar": "Similar products",
    "bought_together": "Bought together with what you chose",
    "recently_viewed": "You looked at this before",
    "buy_again": "You bought this before",
    "top": "Rated by the most shoppers",
    "none": "The newest arrivals",
}
_TITLES = {
    "trending": "Trending now",
    "popular": "Popular with shoppers",
    "new": "New arrivals",
    "newest": "New arrivals",
}
"""Of lists that are for everybody."""
_SURFACES = {
    "live": "home",
    "precomputed": "home",
    "trending": "trending",
    "popular": "popular",
    "new": "new",
    "newest": "new",
    "recent": "home",
    "similar": "similar",
    "bought_together": "bought_together",
}


@dataclass(frozen=True, slots=True)
class RecommendationList:
    """Products in order, where the order comes from, and the model that made it."""

    products: Sequence[ListedProduct]
    source: str
    """What `_REASONS` has a reason for, or `live`."""
    model_version: str | None = None
    follows: str = ""
    """What of the shopper a live list follows, in words."""
    reasons: Mapping[str, str] = field(default_factory=dict)
    """Why a product is in it, by item id, where that is more than the list's own reason."""
    candidates: Mapping[str, Candidate] = field(default_factory=dict)
    """What the recommender says of each product, by item id."""

    @property
    def reason(self) -> str:
        """The source in words."""
        return list_reason(self.source, self.follows)

    def reason_of(self, item_id: str) -> str:
        """Why a product is in it, in words."""
        candidate = self.candidates.get(item_id)
        own = _REASONS.get(candidate.source) if candidate else None
        return self.reasons.get(item_id) or own or self.reason

    @property
    def surface(self) -> str:
        """What the list is called where it is one of several on a page."""
        return _SURFACES[self.source]

    @property
    def title(self) -> str:
        """What the list is, as a heading."""
        return _TITLES.get(self.source, "Recommended for you")

    def as_shelf(self, surface: str) -> Shelf:
        """The same as a shelf of a page that is about something else."""
        return Shelf(self.title, surface, self.products, self.reason, self.model_version)

    @property
    def is_personal(self) -> bool:
        """Whether the list was made for this shopper."""
        return self.source in ("live", "precomputed")

    def experiment_of(self, item_id: str) -> str | None:
        """The experiment that a product is part of, and its team there."""
        candidate = self.candidates.get(item_id)
        return (candidate.experiment or None) if candidate else None

    def note(self, surface: str) -> None:
        """Note that the page of this request shows the list: each run of one team by itself."""
        item_ids = [product.item_id for product in self.products]
        position = 0
        for experiment, run in groupby(item_ids, self.experiment_of):
            shown = list(run)
            note_list(
                surface,
                shown,
                first_position=position,
                model_version=self.model_version,
                experiment=experiment,
            )
            position += len(shown)


def list_reason(source: str, follows: str) -> str:
    """The source of a list in words; `follows` as `followed` says it."""
    return follows if source == "live" else _REASONS[source]


def recommended(
    services: Services,
    user_id: str | None,
    preferences: Sequence[str] | None,
    limit: int,
    *,
    history: Sequence[Interaction] = (),
    category: str = "",
    surface: Surface | None = None,
) -> RecommendationList:
    """The best list of the moment; the newest products if the recommender has none.

    Args:
        services: of this app.
        user_id: of the shopper; None for a visitor.
        preferences: names of the categories that they like; None: as they are stored.
        limit: products at most.
        history: what a visitor did in this session, oldest first.
        category: a path; only products of it and of those below it, if it is not empty.
        surface: the page that shows them.
    """
    served = services.recommender.recommend(
        user_id, preferences, limit + SLACK, history=history, category=category, surface=surface
    )
    return shown(
        services,
        served,
        ListedProducts.of_this_app().by_id(wanted_products(served)),
        limit,
        preferences=served.preferences if preferences is None else preferences,
        category=category,
        audience="shopper" if user_id else "visitor",
    )


def wanted_products(served: ServedList) -> list[str]:
    """The items that a list needs to be shown: its own, and those that its reasons name."""
    return [*served.item_ids, *named_items(served.candidates)]


def shown(
    services: Services,
    served: ServedList,
    known: Mapping[str, ListedProduct],
    limit: int,
    *,
    preferences: Sequence[str],
    category: str = "",
    audience: Audience,
) -> RecommendationList:
    """A list as a page shows it; the newest products if none of its items is known.

    Args:
        services: of this app.
        served: what the recommender named.
        known: the products of `wanted_products` that the shop sells, by id.
        limit: products at most.
        preferences: as the recommender was told.
        category: likewise.
        audience: who sees it, for the metrics.
    """
    products = [known[item_id] for item_id in served.item_ids if item_id in known][:limit]
    if products:
        names = {item_id: each.product_name for item_id, each in known.items()}
        found = RecommendationList(
            products,
            served.source,
            served.model_version,
            followed(preferences, from_history=served.from_history),
            words(served.candidates, names),
            {each.item_id: each for each in served.candidates},
        )
    else:
        with services.database.reading() as connection:
            region = services.settings.region
            newest = catalog.newest(connection, limit, category, region=region)
        found = RecommendationList(newest, "newest")
    RECOMMENDATIONS.labels(found.source, audience).inc()
    return found


def followed(preferences: Sequence[str], *, from_history: bool) -> str:
    """What of the shopper a live list follows, in words."""
    known = [
        *(["preferences"] if preferences else ()),
        *(["recent activity"] if from_history else ()),
    ]
    return f"Based on your {' and '.join(known)}"


class LiveModelCollector:
    """The live model and what was rejected since, for Prometheus, looked up whenever it asks."""

    def __init__(self, recommender: Recommender) -> None:
        self._recommender = recommender

    def describe(self) -> Iterable[Metric]:
        """The names alone."""
        return _families()

    def collect(self) -> Iterable[Metric]:
        """The version now; there is none without a live model."""
        live, loaded, rejected, newest, registry = families = _families()
        status = self._recommender.status()
        if status.model_version is not None:
            live.add_metric([], {"version": status.model_version})
            loaded.add_metric([], status.has_bundle)
        rejected.add_metric([], status.rejected_versions)
        if status.newest_version_at is not None:
            newest.add_metric([], status.newest_version_at.timestamp())
        if status.registry_behind_since is not None:
            registry.add_metric([], status.registry_behind_since.timestamp())
        return families


def _families() -> tuple[
    InfoMetricFamily, GaugeMetricFamily, GaugeMetricFamily, GaugeMetricFamily, GaugeMetricFamily
]:
    return (
        InfoMetricFamily("recsys_live_model", "The version that recommendations come from."),
        GaugeMetricFamily(
            "recsys_live_model_loaded", "1 if its bundle is loaded, 0 if only its lists are served."
        ),
        GaugeMetricFamily(
            "recsys_rejected_versions", "How many of the newest versions the gate has rejected."
        ),
        GaugeMetricFamily(
            "recsys_newest_version_timestamp_seconds",
            "When the pipeline made its newest version, promoted or not, in seconds since 1970.",
        ),
        GaugeMetricFamily(
            "recsys_model_registry_behind_since_timestamp_seconds",
            "Since when the model registry has lacked a change, in seconds since 1970.",
        ),
    )
