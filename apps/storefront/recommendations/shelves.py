"""The shelves that a page can have: each names items, and says in true words why."""

from collections.abc import Sequence

from apps.storefront.catalog.label import label
from apps.storefront.recommendations.shelf import ShelfPlan
from apps.storefront.recommender import Recommender
from streams.contracts import Interaction, InteractionType

SHELF_LENGTH = 6
_WANTED = 2 * SHELF_LENGTH
"""How many more items are asked for, as the shop may no longer sell some."""
_MIN_TRENDING = 4
"""Fewer are no trend."""
_VIEWS = frozenset(
    {InteractionType.VIEW, InteractionType.POSITIVE_VIEW, InteractionType.NEGATIVE_VIEW}
)


def similar_to(recommender: Recommender, item_id: str) -> ShelfPlan:
    """What the live version says is like a product."""
    found = recommender.similar(item_id, _WANTED)
    return ShelfPlan(
        "Similar products", "similar", found.item_ids, model_version=found.model_version
    )


def bought_with_product(recommender: Recommender, item_id: str) -> ShelfPlan:
    """What goes with a product."""
    return _bought_with(
        recommender,
        [item_id],
        "also_bought",
        "Shoppers who bought this also bought",
        "Each was bought by at least {shoppers} of them",
    )


def bought_with_cart(recommender: Recommender, item_ids: Sequence[str]) -> ShelfPlan:
    """What goes with the products of a cart."""
    return _bought_with(
        recommender,
        item_ids,
        "cart_also_bought",
        "Goes with what is in your cart",
        "Each was bought by at least {shoppers} shoppers who bought a product in your cart",
    )


def bought_with_order(recommender: Recommender, item_ids: Sequence[str]) -> ShelfPlan:
    """What goes with what has been ordered."""
    return _bought_with(
        recommender,
        item_ids,
        "order_also_bought",
        "Goes with what you ordered",
        "Each was bought by at least {shoppers} shoppers who bought one of these products",
    )


def recently_viewed(history: Sequence[Interaction]) -> ShelfPlan:
    """What the live history says that the shopper looked at, the newest first."""
    return ShelfPlan("Recently viewed", "recently_viewed", viewed_items(history))


def viewed_items(history: Sequence[Interaction]) -> tuple[str, ...]:
    """The items that were looked at, the newest first, each once."""
    viewed = [event.item_id for event in reversed(history) if event.interaction_type in _VIEWS]
    return tuple(dict.fromkeys(viewed))


def buy_again(item_ids: Sequence[str]) -> ShelfPlan:
    """What the shopper has bought and is due again, as the recommender names it."""
    return ShelfPlan(
        "Buy again", "buy_again", item_ids[:_WANTED], "You bought each of these before"
    )


def buy_again_of(recommender: Recommender, user_id: str) -> ShelfPlan:
    """As `buy_again`, for a page that has asked the recommender for nothing else."""
    return buy_again(recommender.to_buy_again(user_id, _WANTED) or ())


def trending_in_department(
    recommender: Recommender, preferences: Sequence[str]
) -> ShelfPlan | None:
    """What is trending in the first department of the shopper's preferences that has a trend."""
    for department in preferences:
        found = recommender.trending(department, 2 * _WANTED)
        if len(found) >= _MIN_TRENDING:
            return ShelfPlan(
                f"Trending in {label(department)}",
                "department_trending",
                found,
                "Because you like this department",
            )
    return None


def _bought_with(
    recommender: Recommender, item_ids: Sequence[str], surface: str, title: str, reason: str
) -> ShelfPlan:
    found = recommender.bought_together(item_ids, _WANTED)
    return ShelfPlan(
        title,
        surface,
        found.item_ids,
        reason,
        found.model_version,
        dict(zip(found.item_ids, found.shoppers, strict=True)),
    )
