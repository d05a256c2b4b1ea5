"""Why each product of a finished list is there, in terms of what the shopper did."""

from collections.abc import Sequence

import numpy as np

from ml.serving.chain.candidates import Candidate, Reason, ReasonKind
from ml.serving.chain.context import Array, Context
from streams.contracts.category import department

_LISTED = ReasonKind.LISTED  # to look a member up in its class takes long in Python 3.11
_ALIKE = 0.5
"""The cosine of two items' vectors from which one is said to be like the other."""


def with_reasons(candidates: Sequence[Candidate], context: Context) -> Sequence[Candidate]:
    """The same products; one that a list names without more is given the reason closest to it.

    That is the item of the live history that it is most like, as the live version's vectors have
    it; if none is like it, the stated preference of its department; else it stays as it is.
    """
    unexplained = [each for each in candidates if each.reason.kind is _LISTED]
    if not unexplained:
        return candidates
    alike = _most_alike([each.item_id for each in unexplained], context)
    stated = set(context.shopper.preferences)
    reasons = {}
    for each in unexplained:
        stated_as = department(context.category(each.item_id))
        if each.item_id in alike:
            reasons[each.item_id] = alike[each.item_id]
        elif stated_as in stated:
            reasons[each.item_id] = Reason(ReasonKind.PREFERENCE, stated_as)
    return [
        each.for_reason(reasons[each.item_id]) if each.item_id in reasons else each
        for each in candidates
    ]


def _most_alike(item_ids: Sequence[str], context: Context) -> dict[str, Reason]:
    acted = context.acted_on
    if not acted or context.towers is None:
        return {}
    listed, listed_vectors = context.towers.items.rows(item_ids)
    known, known_vectors = context.towers.items.rows(acted)
    if not listed or not known:
        return {}
    cosines = _directions(listed_vectors) @ _directions(known_vectors).T
    nearest = cosines.argmax(axis=1).tolist()
    return {
        item_id: Reason(acted[known[place]], known[place])
        for item_id, place, cosine in zip(listed, nearest, cosines.max(axis=1), strict=True)
        if cosine >= _ALIKE
    }


def _directions(vectors: Array) -> Array:
    """Unit vectors, float32 (items, dim - 1): the bias says nothing of what an item is like."""
    rows = vectors[:, :-1]
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    directions: Array = rows / np.maximum(lengths, np.finfo(np.float32).tiny)
    return directions
