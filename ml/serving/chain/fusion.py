"""Fusion of candidate sources whose scores do not compare.

Reciprocal rank fusion (Cormack, Clarke & Buettcher, SIGIR 2009): an item's score is the sum of
weight / (60 + rank) over the sources that name it.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from ml.serving.chain.candidates import Candidate, Reason, ReasonKind

Weight = Annotated[float, Field(gt=0, le=10)]
_CONSTANT = 60


def fuse(lists: Sequence[tuple[float, Sequence[Candidate]]]) -> list[Candidate]:
    """One list of all with the scores of the fusion, best first; of equal ones the earlier named.

    Args:
        lists: each with its weight, best candidate first.
    """
    scores: dict[str, float] = defaultdict(float)
    first: dict[str, Candidate] = {}
    reasons: dict[str, Reason] = {}
    for weight, candidates in lists:
        for rank, each in enumerate(candidates, start=1):
            item_id = each.item_id
            scores[item_id] += weight / (_CONSTANT + rank)
            first.setdefault(item_id, each)
            if each.reason.kind is not ReasonKind.LISTED:
                reasons.setdefault(item_id, each.reason)
    best_first = sorted(first.values(), key=lambda each: -scores[each.item_id])
    # Not by `dataclasses.replace`, which takes several times as long: these are hundreds per list.
    return [
        Candidate(
            each.item_id,
            each.source,
            reasons.get(each.item_id, each.reason),
            scores[each.item_id],
            each.rule,
        )
        for each in best_first
    ]
