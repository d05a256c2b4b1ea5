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
    places: dict[str, int] = {}
    first: list[Candidate] = []
    scores: list[float] = []
    reasons: dict[str, Reason] = {}
    for weight, candidates in lists:
        shares = (weight / np.arange(_CONSTANT + 1, _CONSTANT + 1 + len(candidates))).tolist()
        for each, share in zip(candidates, shares, strict=True):
            item_id, _, reason, _, _, _ = each
            place = places.setdefault(item_id, len(first))
            if place == len(first):
                first.append(each)
                scores.append(share)
            else:
                scores[place] += share
            if reason.kind is not _LISTED:
                reasons.setdefault(item_id, reason)
    best = np.argsort(-np.array(scores), kind="stable").tolist()
    rows = (
        (item_id, source, reasons.get(item_id, reason), scores[place], rule, "")
        for place, (item_id, source, reason, _, rule, _) in zip(
            best, map(first.__getitem__, best), strict=True
        )
    )
    return in_bulk(rows)
