"""Recall and NDCG against the live version and against popularity.

With a fault such as shuffled labels a model loses most of its recall, with another seed some
hundredths of it, on a small shop more; the interval over users knows nothing of the latter. So a
version fails only where even the upper end of the paired interval shows a loss larger than a
margin. The stricter test of non-inferiority, the lower end above minus the margin, is not taken: a
shop with few users would never pass it, however good its model, and its live model would grow old.
Against popularity it is the other way round: the version has to show that it has learned anything
at all.
"""

from collections.abc import Iterator

from ml.checks import Check
from ml.evaluation.metrics import METRICS, RECALL
from ml.evaluation.protocol import HeldOutItems, K, Lists
from ml.gate.bounds import GateBounds
from ml.gate.comparison import difference


def not_worse_than_live(
    lists: Lists, of_live: Lists, held_out: HeldOutItems, bounds: GateBounds, *, seed: int
) -> Iterator[Check]:
    """A check for each metric; `measured` is the least loss that fits the users, as a share."""
    for metric in METRICS.values():
        found = difference(lists, of_live, held_out, metric, seed=seed)
        best = found.relative(found.interval.high)
        passed = best >= -bounds.max_fall
        yield Check(
            name=f"{metric.name}_against_live",
            passed=passed,
            measured=best,
            bound=-bounds.max_fall,
            sentence=(
                f"{metric.label}@{K} is {'not ' if passed else ''}worse than the live version's"
                f" beyond noise: {found.of:.4f} and {found.other:.4f}, on the same"
                f" {len(held_out):,} users."
            ),
        )


def not_worse_than_twin(
    lists: Lists, of_twin: Lists, held_out: HeldOutItems, bounds: GateBounds, *, seed: int
) -> Check:
    """Whether the published model is as good as the twin whose figures it is judged by.

    It has learned the held-out items too, so from the same histories it finds at least as many.
    """
    found = difference(lists, of_twin, held_out, RECALL, seed=seed)
    best = found.relative(found.interval.high)
    passed = best >= -bounds.max_fall
    return Check(
        name="recall_against_twin",
        passed=passed,
        measured=best,
        bound=-bounds.max_fall,
        sentence=(
            f"{RECALL.label}@{K} of the published model, which knows the held-out items, is"
            f" {'not ' if passed else ''}worse than its evaluated twin's: {found.of:.4f} and"
            f" {found.other:.4f}, on {len(held_out):,} users."
        ),
    )


def better_than_popularity(
    lists: Lists, popular: Lists, held_out: HeldOutItems, bounds: GateBounds, *, seed: int
) -> Iterator[Check]:
    """A check for each metric; `measured` is the lower end of the difference's interval."""
    for metric in METRICS.values():
        found = difference(lists, popular, held_out, metric, seed=seed)
        bound = bounds.min_gain * found.other
        passed = found.interval.low > bound
        yield Check(
            name=f"{metric.name}_against_popularity",
            passed=passed,
            measured=found.interval.low,
            bound=bound,
            sentence=(
                f"{metric.label}@{K} is {'' if passed else 'not '}better than that of the most"
                f" popular items beyond noise: {found.of:.4f} and {found.other:.4f}, on the same"
                f" {len(held_out):,} users."
            ),
        )
