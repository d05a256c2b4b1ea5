"""Filters: what a list leaves out, whichever source names it.

A filter is a class, and its place in AnyFilter.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from ml.merchandising import Action
from ml.serving.chain.context import Context
from ml.serving.chain.repurchase import RepurchaseDays, repurchased_after
from ml.serving.chain.stage import Filter
from streams.contracts import InteractionType


class Available(Filter):
    """Leave out what the shop cannot sell now."""

    stage: Literal["available"] = "available"

    def excluded(self, context: Context) -> Collection[str]:
        """Hidden and sold-out products, and those that have not arrived."""
        return context.catalogue.unavailable


class Bought(Filter):
    """Leave out what the shopper has bought, until they may want it again."""

    stage: Literal["bought"] = "bought"
    again_after_days: RepurchaseDays = Field(default_factory=dict)

    def excluded(self, context: Context) -> Collection[str]:
        """What was bought not long enough ago for its category."""
        found = set()
        for item_id, bought_at in context.bought.items():
            after = repurchased_after(context.category(item_id), self.again_after_days)
            if after is None or context.now - bought_at < after:
                found.add(item_id)
        return found


class InCart(Filter):
    """Leave out what the shopper has just put into the cart."""

    stage: Literal["in_cart"] = "in_cart"
    hours: Annotated[float, Field(gt=0, le=24 * 30)] = 24

    def excluded(self, context: Context) -> Collection[str]:
        """What went into the cart in the last hours."""
        since = context.now - timedelta(hours=self.hours)
        return {
            event.item_id
            for event in context.shopper.history
            if event.interaction_type is InteractionType.CART and event.timestamp > since
        }


class Rejected(Filter):
    """Leave out what the shopper has looked at several times and passed over."""

    stage: Literal["rejected"] = "rejected"
    times: Annotated[int, Field(ge=1)] = 2

    def excluded(self, context: Context) -> Collection[str]:
        """What had so many views in the last 30 days that nothing followed."""
        return {
            item_id
            for item_id, each in (context.met or {}).items()
            if each.rejections >= self.times
        }


class Viewed(Filter):
    """Leave out all that the shopper has met lately. It is not in the default chain."""

    stage: Literal["viewed"] = "viewed"

    def excluded(self, context: Context) -> Collection[str]:
        """The items of the live history."""
        return {event.item_id for event in context.shopper.history}


class HiddenByRule(Filter):
    """Leave out what a merchandising rule of the moment hides from this shopper."""

    stage: Literal["hidden_by_rule"] = "hidden_by_rule"

    def excluded(self, context: Context) -> Collection[str]:
        """The products of all such rules."""
        hiding = [each.items for each in context.rules if each.rule.action is Action.HIDE]
        return set().union(*hiding)


AnyFilter = Annotated[
    Available | Bought | InCart | Rejected | Viewed | HiddenByRule, Field(discriminator="stage")
]
"""What the configuration may name."""
