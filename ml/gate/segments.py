"""No part of the users or items may pay for the mean: new users, tail items, large categories."""

from collections.abc import Iterator

import pandas as pd

from ml.checks import Check
from ml.dataset import Dataset
from ml.evaluation.differences import difference
from ml.evaluation.metrics import RECALL
from ml.evaluation.protocol import HeldOutItems, K, Lists
from ml.evaluation.segments import Segment, item_segments, user_segments
from ml.gate.bounds import GateBounds
from streams.contracts.category import names

_ERRORS = 0.05
"""How often, at most, noise alone shows a loss in any segment."""


def no_segment_falls(
    lists: Lists,
    of_live: Lists,
    earlier: Dataset,
    held_out: HeldOutItems,
    bounds: GateBounds,
    *,
    seed: int,
) -> Iterator[Check]:
    """A check of the recall in each segment with enough users.

    The more segments there are, the wider is each interval (Bonferroni), so that an equal version
    is rejected as seldom with twenty categories as with one.
    """
    segments = [
        segment
        for segment in guarded_segments(earlier, held_out)
        if len(segment.held_out) >= bounds.min_segment_users
    ]
    for segment in segments:
        found = difference(
            lists, of_live, segment.held_out, RECALL, seed=seed, level=1 - _ERRORS / len(segments)
        )
        best = found.relative(found.interval.high)
        passed = best >= -bounds.max_segment_fall
        yield Check(
            name=f"segment {segment.name}",
            passed=passed,
            measured=best,
            bound=-bounds.max_segment_fall,
            sentence=(
                f"For {segment.definition} recall@{K} has {'not ' if passed else ''}fallen by more"
                f" than {bounds.max_segment_fall:.0%} beyond noise: {found.of:.4f}, the live"
                f" version's {found.other:.4f}, on {len(segment.held_out):,} users."
            ),
        )


def guarded_segments(earlier: Dataset, held_out: HeldOutItems) -> list[Segment]:
    """New users, tail items, and the held-out items of each root category."""
    new = [
        Segment("new users", f"new users, with {part.definition}", part.held_out)
        for part in user_segments(earlier.interactions, held_out)
        if part.name == "new"
    ]
    tail = [
        Segment("tail items", "items of the tail", part.held_out)
        for part in item_segments(earlier.interactions, held_out)
        if part.name == "tail"
    ]
    return [*new, *tail, *_categories(earlier.items, held_out)]


def _categories(items: pd.DataFrame, held_out: HeldOutItems) -> list[Segment]:
    roots = {
        item: path[0]
        for item, path in zip(items["item_id"], map(names, items["category"]), strict=True)
        if path
    }
    members: dict[str, dict[str, set[str]]] = {}
    for user, targets in held_out.items():
        for item in targets:
            if item in roots:
                members.setdefault(roots[item], {}).setdefault(user, set()).add(item)
    return [
        Segment(f"category {root}", f"the category {root}", members[root])
        for root in sorted(members)
    ]
