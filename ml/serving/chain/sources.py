"""Candidate sources: each names items for a shopper, best first.

A source may name what the filters leave out; one that searches an index leaves it out itself, so
that it finds enough. No source waits: what it needs of a service is in the context.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import islice, zip_longest
from sys import intern
from types import MappingProxyType
from typing import Literal

import numpy as np

from ml.serving.category_spread import CANDIDATES_PER_PLACE
from ml.serving.chain.candidates import Candidate, Reason, ReasonKind, named_by
from ml.serving.chain.context import Array, Context
from ml.serving.live_items import MAX_SIMILAR
from ml.serving.metrics import SEARCH_SECONDS

Source = Callable[[Context], Sequence[Candidate]]
SourceName = Literal[
    "live", "precomputed", "trending", "popular", "recent", "new", "similar", "bought_together"
]

_LISTED = Reason(ReasonKind.LISTED)
_TRENDING = Reason(ReasonKind.TRENDING)
_POPULAR = Reason(ReasonKind.POPULAR)
_NEW = Reason(ReasonKind.NEW)

_LAST = 3
"""How many items of the history, the newest ones, are looked around."""
MIN_TRENDING = 10
"""Items of the trending list at least: a handful of events would fill the first page."""


def live(context: Context) -> Sequence[Candidate]:
    """The items nearest to the shopper as of now, where the list of the version is out of date."""
    if obstacle_to_live(context) or context.user_vector is None:
        return ()
    queries: dict[SourceName, Array] = {"live": context.user_vector}
    if "recent" in context.fused and context.recent_vector is not None:
        queries["recent"] = context.recent_vector  # found in the same pass over the index
    _search(context, queries)
    return _nearest("live", context)


def recent(context: Context) -> Sequence[Candidate]:
    """The items nearest to what the shopper did last, whatever they did before and like besides.

    It adds to a live list alone: one that is up to date has nothing new to follow.
    """
    if context.source != "live" or context.recent_vector is None:
        return ()
    if "recent" not in context.nearest:
        _search(context, {"recent": context.recent_vector})
    return _nearest("recent", context)


def _search(context: Context, queries: Mapping[SourceName, Array]) -> None:
    """Find the items that are nearest to some vectors, for the sources of the same names."""
    if context.towers is None:
        return
    wanted = CANDIDATES_PER_PLACE * context.limit + len(context.viewed)
    with SEARCH_SECONDS.time():
        found = context.towers.items.search_each(
            np.stack(list(queries.values())), wanted, context.excluded, only=context.only
        )
    context.nearest.update(zip(queries, found, strict=True))


def _nearest(source: SourceName, context: Context) -> Sequence[Candidate]:
    ids, scores = context.nearest[source]
    return named_by(source, _LISTED, ids, scores.tolist())


def obstacle_to_live(context: Context) -> str:
    """Why there is no live list, in words; empty where there may be one."""
    if context.listed is not None and not context.acted_since:
        return "the list of the version knows all that the shopper did"
    if context.towers is None:
        return "the files of the version are not loaded"
    if context.user_vector is None:
        return "nothing is known of the shopper's taste"
    if not context.knows_purchases:
        return "what the shopper has bought is not known"  # the list might name it
    return ""


def precomputed(context: Context) -> Sequence[Candidate]:
    """The shopper's list of the live version."""
    # What looks an interned id up compares addresses.
    return named_by("precomputed", _LISTED, map(intern, context.listed or ()))


def trending(context: Context) -> Sequence[Candidate]:
    """What is trending in the whole shop, if that is enough for a page."""
    names = context.catalogue.trending
    if len(names) < min(context.limit, MIN_TRENDING):
        return ()
    return named_by("trending", _TRENDING, names)


def popular(context: Context) -> Sequence[Candidate]:
    """What was popular when the live version was trained."""
    names = context.model.popular if context.model else ()
    return named_by("popular", _POPULAR, names)


def new(context: Context) -> Sequence[Candidate]:
    """What has arrived lately, by the shopper's taste."""
    vector, names = context.user_vector, context.catalogue.newest
    if context.towers is None or vector is None:
        return named_by("new", _NEW, names)
    ids, vectors = context.towers.items.rows(names)
    if not ids:
        return ()
    scores = vectors @ vector
    return [
        Candidate(ids[place], "new", _NEW, float(scores[place]))
        for place in np.argsort(-scores, kind="stable").tolist()
    ]


def similar(context: Context) -> Sequence[Candidate]:
    """What is like the items that the shopper met last, taken from each in turn."""
    if context.towers is None:
        return ()
    items = context.towers.items
    around = {
        item_id: items.similar(item_id, MAX_SIMILAR) for item_id in islice(context.acted_on, _LAST)
    }
    reasons = [Reason(context.acted_on[item_id], item_id) for item_id in around]
    found: dict[str, Candidate] = {}
    for row in zip_longest(*around.values()):
        for reason, item_id in zip(reasons, row, strict=True):
            if item_id is not None:
                found.setdefault(item_id, Candidate(item_id, "similar", reason))
    return list(found.values())


def bought_together(context: Context) -> Sequence[Candidate]:
    """What others bought who bought what the shopper has bought or put into the cart."""
    if context.model is None:
        return ()
    carted = (item for item, kind in context.acted_on.items() if kind is ReasonKind.CARTED)
    wanted = CANDIDATES_PER_PLACE * context.limit
    return [
        Candidate(
            found.item_id,
            "bought_together",
            Reason(ReasonKind.BOUGHT_TOGETHER, found.item_in_question),
        )
        for found in context.model.bought_together.with_all({*carted, *context.bought}, wanted)
    ]


SOURCES: Mapping[SourceName, Source] = MappingProxyType(
    {
        "live": live,
        "precomputed": precomputed,
        "trending": trending,
        "popular": popular,
        "recent": recent,
        "new": new,
        "similar": similar,
        "bought_together": bought_together,
    }
)
"""By the name that the configuration calls them by."""
