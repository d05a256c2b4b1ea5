"""What lists are besides being right: varied, finite, and those of the evaluated twin."""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from ml.checks import Check
from ml.dataset import Dataset
from ml.evaluation.protocol import Lists
from ml.gate.bounds import GateBounds
from ml.ranking.ranker import Ranker


def coverage_holds(lists: Lists, of_live: Lists, bounds: GateBounds) -> Check:
    """Whether the lists still show enough different items."""
    now, before = (
        len({item for listed in each.values() for item in listed}) for each in (lists, of_live)
    )
    share = now / before if before else 1.0
    return Check(
        name="coverage",
        passed=share >= bounds.min_coverage,
        measured=share,
        bound=bounds.min_coverage,
        sentence=(
            f"The lists hold {now:,} different items, the live version's {before:,}; at least"
            f" {bounds.min_coverage:.0%} of these are needed."
        ),
    )


def is_finite(ranker: Ranker, dataset: Dataset) -> Check:
    """Whether the vectors of all items are finite, of the model that is published."""
    vectors = ranker.bundle.encode_items(dataset.items)
    wrong = int((~np.isfinite(vectors).all(axis=1)).sum())
    return Check(
        name="vectors",
        passed=not wrong,
        measured=wrong,
        bound=0,
        sentence=f"{wrong:,} of {len(vectors):,} items have a vector that is not finite.",
    )


def differ_by_user(lists: Lists, bounds: GateBounds) -> Check:
    """Whether users get lists of their own."""
    share = max(Counter(map(tuple, lists.values())).values(), default=0) / max(len(lists), 1)
    return Check(
        name="same_list",
        passed=len(lists) <= 1 or share <= bounds.max_same_list,
        measured=share,
        bound=bounds.max_same_list,
        sentence=(
            f"{share:.0%} of {len(lists):,} users have the same list; at most"
            f" {bounds.max_same_list:.0%} may."
        ),
    )


def agrees_with_twin(lists: Lists, of_twin: Lists, bounds: GateBounds) -> Iterator[Check]:
    """Whether the model that is published is like the one that was evaluated.

    Both rank after the same histories. They differ by what is newest in the data, and by chance.
    """
    shared = [
        len(set(listed) & set(of_twin.get(user, ()))) / len(listed)
        for user, listed in lists.items()
        if listed
    ]
    if shared:
        mean = sum(shared) / len(shared)
        yield Check(
            name="agreement_with_twin",
            passed=mean >= bounds.min_agreement,
            measured=mean,
            bound=bounds.min_agreement,
            sentence=(
                f"The published model shares {mean:.0%} of its lists with its evaluated twin, over"
                f" {len(shared):,} users; at least {bounds.min_agreement:.0%} are needed."
            ),
        )
