"""Orders: how the candidates that are left become a list.

An order is a class, and its place in AnyOrder.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import timedelta
from math import ceil
from typing import Annotated, Literal

from pydantic import Field

from ml.serving.category_spread import spread_for
from ml.serving.chain.candidates import Candidate, Reason, ReasonKind
from ml.serving.chain.context import Context
from ml.serving.chain.merchandising import Boosts, Placements
from ml.serving.chain.repurchase import RepurchaseDays, repurchased_after
from ml.serving.chain.stage import Order

Share = Annotated[float, Field(ge=0, le=1)]

_SEEN_BEFORE = Reason(ReasonKind.SEEN_BEFORE)


class SeenBefore(Order):
    """Keep what the shopper has already looked at to a share of the list, the newest first."""

    stage: Literal["seen_before"] = "seen_before"
    share: Share = 0.2

    def ordered(self, candidates: Sequence[Candidate], context: Context) -> Sequence[Candidate]:
        """What was seen before says so, and waits where the share is full."""
        viewed = context.viewed
        named = {each.item_id: each for each in candidates if each.item_id in viewed}
        if not named:
            return candidates
        newest_first = (named[item_id] for item_id in viewed if item_id in named)
        said = [
            next(newest_first).for_reason(_SEEN_BEFORE) if each.item_id in viewed else each
            for each in candidates
        ]
        return at_most(self.share, said, viewed)


class JustBought(Order):
    """Let the other products of a category step back where the shopper has just bought one.

    Who buys an espresso machine needs no second one, but coffee. A category of which they bought
    several products, or that is bought again after a time, keeps its place; so does one that is no
    kind of product but a large part of the catalogue.
    """

    stage: Literal["just_bought"] = "just_bought"
    days: Annotated[float, Field(gt=0, le=3650)] = 60
    share: Share = 0.1
    again_after_days: RepurchaseDays = Field(default_factory=dict)
    largest_category: Share = 0.05
    """The part of the catalogue that a kind of product has at most."""

    def ordered(self, candidates: Sequence[Candidate], context: Context) -> Sequence[Candidate]:
        """Products of such a category wait where the share is full."""
        since = context.now - timedelta(days=self.days)
        bought = Counter(
            context.category(item_id) for item_id, at in context.bought.items() if at > since
        )
        done = {
            category
            for category, times in bought.items()
            if category
            and times == 1
            and context.catalogue.categories.share(category) <= self.largest_category
            and repurchased_after(category, self.again_after_days) is None
        }
        if not done:
            return candidates
        path = context.catalogue.categories.paths.get
        of_kind = {each.item_id for each in candidates if path(each.item_id) in done}
        return at_most(self.share, candidates, of_kind)


class Spread(Order):
    """Spread the list over the categories and brands of the catalogue (`ml.retrieval.spread`)."""

    stage: Literal["spread"] = "spread"
    strength: Annotated[float, Field(ge=0, le=5)] | None = None
    """None: as the live version says."""

    def ordered(self, candidates: Sequence[Candidate], context: Context) -> Sequence[Candidate]:
        """As many as the list has places. What is for everybody keeps its order."""
        if not candidates or context.model is None or not context.is_personal:
            return candidates
        strength = context.model.spread if self.strength is None else self.strength
        if context.source == "precomputed":
            strength = 0.0  # the pipeline has spread it; here the rules hold for what is left
        by_id = {each.item_id: each for each in candidates}
        catalogue = context.catalogue
        chosen = spread_for(
            context.shopper,
            list(by_id),
            context.limit,
            catalogue.categories.paths,
            strength,
            brands=catalogue.brands,
        )
        return [by_id[item_id] for item_id in chosen]


AnyOrder = Annotated[
    Boosts | SeenBefore | JustBought | Spread | Placements, Field(discriminator="stage")
]
"""What the configuration may name."""


def at_most(
    share: float, candidates: Sequence[Candidate], limited_ids: Collection[str]
) -> list[Candidate]:
    """The candidates in their order, but no beginning of the list has more than a share of some.

    Those that must wait come as soon as the share allows it; if only they are left, they follow.

    Args:
        share: of each beginning, rounded up. 0: none, also not at the end.
        candidates: best first.
        limited_ids: the items that have a share only; `in` must be fast for it.
    """
    if share == 0:
        return [each for each in candidates if each.item_id not in limited_ids]
    limited = [pair for pair in enumerate(candidates) if pair[1].item_id in limited_ids]
    free = [each for each in candidates if each.item_id not in limited_ids]
    found: list[Candidate] = []
    for taken, (place, each) in enumerate(limited):
        length = max(place, len(found))  # of the beginning that comes before it
        while length - taken < len(free) and ceil(share * (length + 1)) <= taken:
            length += 1
        found += free[len(found) - taken : length - taken]
        found.append(each)
    return [*found, *free[len(found) - len(limited) :]]
