"""Filters: what a list of recommendations leaves out, whichever source it is from.

A filter is one function of FILTERS.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from streams.contracts import Interaction


@dataclass(frozen=True, slots=True)
class Shopper:
    """Whom a list is for, with all that is known of them now."""

    user_id: str | None
    """None for a visitor."""
    preferences: Sequence[str] = ()
    history: Sequence[Interaction] = ()
    """The live history, newest last."""


Filter = Callable[[Sequence[str], Shopper], list[str]]
"""From item ids, best first, to those that the shopper may be shown, in the same order."""


def not_seen(item_ids: Sequence[str], shopper: Shopper) -> list[str]:
    """Leave out what the shopper interacted with lately."""
    seen = {interaction.item_id for interaction in shopper.history}
    return [item_id for item_id in item_ids if item_id not in seen]


FILTERS: tuple[Filter, ...] = (not_seen,)


def apply_filters(item_ids: Sequence[str], shopper: Shopper) -> tuple[str, ...]:
    """The items that every filter lets pass, best first."""
    for each in FILTERS:
        item_ids = each(item_ids, shopper)
    return tuple(item_ids)


def search_filtered(
    search: Callable[[int], Sequence[str]], shopper: Shopper, limit: int
) -> tuple[str, ...]:
    """The best `limit` items of a search that every filter lets pass.

    Args:
        search: from a number to that many items, best first; fewer if there are no more.
        shopper: whom the list is for.
        limit: length of the list. It is shorter only if the search has no more items that pass: a
            search whose items are mostly filtered is asked for more.
    """
    # The live history can fill no more places than it has entries: one search nearly always does.
    count = limit + len(shopper.history)
    while True:
        found = search(count)
        passed = apply_filters(found, shopper)
        if len(passed) >= limit or len(found) < count:
            return passed[:limit]
        count *= 4
