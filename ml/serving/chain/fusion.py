"""Fusion of candidate sources whose scores do not compare.

Reciprocal rank fusion (Cormack, Clarke & Buettcher, SIGIR 2009): an item's score is the sum of
weight / (60 + rank) over the sources that name it.
"""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from pydantic import Field

from ml.serving.chain.candidates import Candidate, Reason, ReasonKind, in_bulk

Weight = Annotated[float, Field(gt=0, le=10)]
_CONSTANT = 60
_LISTED = ReasonKind.LISTED  # to look a member up in its class takes long in Python 3.11


def fuse(lists: Sequence[tuple[float, Sequence[Candidate]]]) -> list[Candidate]:
    """One list of all with the scores of the fusion, best first; of equal ones the earlier named.

    Args:
        lists: each with its weight, best candidate first.
    """
    scores: dict[str, float] = {}
    first: dict[str, Candidate] = {}
    reasons: dict[str, Reason] = {}
    for weight, candidates in lists:
        shares = (weight / np.arange(_CONSTANT + 1, _CONSTANT + 1 + len(candidates))).tolist()
        for each, share in zip(candidates, shares, strict=True):
            item_id, _, reason, _, _, _ = each
            if item_id in scores:
                scores[item_id] += share
            else:
                scores[item_id] = share
                first[item_id] = each
            if reason.kind is not _LISTED:
                reasons.setdefault(item_id, reason)
    best = np.argsort(-np.fromiter(scores.values(), np.float64), kind="stable").tolist()
    ids = list(scores)
    rows = (
        (item_id, source, reasons.get(item_id, reason), scores[item_id], rule, "")
        for item_id, source, reason, _, rule, _ in map(
            first.__getitem__, map(ids.__getitem__, best)
        )
    )
    return in_bulk(rows)
