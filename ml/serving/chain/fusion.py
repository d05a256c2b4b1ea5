"""Fusion of candidate sources whose scores do not compare.

Reciprocal rank fusion (Cormack, Clarke & Buettcher, SIGIR 2009): an item's score is the sum of
weight / (60 + rank) over the sources that name it.
"""

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
    scores: dict[str, float] = {}
    first: dict[str, Candidate] = {}
    reasons: dict[str, Reason] = {}
    for weight, candidates in lists:
        for rank, each in enumerate(candidates, start=1):
            item_id, reason = each.item_id, each.reason
            share = weight / (_CONSTANT + rank)
            if item_id in scores:
                scores[item_id] += share
            else:
                scores[item_id] = share
                first[item_id] = each
            if reason.kind is not ReasonKind.LISTED:
                reasons.setdefault(item_id, reason)
    fused = []
    for item_id in sorted(scores, key=scores.__getitem__, reverse=True):
        each = first[item_id]
        reason = reasons.get(item_id, each.reason)
        fused.append(Candidate(item_id, each.source, reason, scores[item_id], each.rule))
    return fused
