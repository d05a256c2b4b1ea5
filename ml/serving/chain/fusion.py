"""Fusion of candidate sources whose scores do not compare.

Reciprocal rank fusion (Cormack, Clarke & Buettcher, SIGIR 2009): an item's score is the sum of
weight / (60 + rank) over the sources that name it.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from ml.serving.chain.candidates import Candidate, ReasonKind

Weight = Annotated[float, Field(gt=0, le=10)]
_CONSTANT = 60


def fuse(lists: Sequence[tuple[float, Sequence[Candidate]]]) -> list[Candidate]:
    """One list of all with the scores of the fusion, best first; of equal ones the earlier named.

    Args:
        lists: each with its weight, best candidate first.
    """
    scores: dict[str, float] = defaultdict(float)
    found: dict[str, Candidate] = {}
    for weight, candidates in lists:
        for rank, each in enumerate(candidates, start=1):
            scores[each.item_id] += weight / (_CONSTANT + rank)
            known = found.setdefault(each.item_id, each)
            if known.reason.kind is ReasonKind.LISTED:
                found[each.item_id] = replace(known, reason=each.reason)
    best_first = sorted(found.values(), key=lambda each: -scores[each.item_id])
    return [replace(each, score=scores[each.item_id]) for each in best_first]
