"""Recall and NDCG against the live version and against popularity.

With a fault such as shuffled labels a model loses most of its recall, with another seed some
hundredths of it, on a small shop more; the interval over users knows nothing of the latter. So a
version fails only where even the upper end of the paired interval shows a loss larger than a
margin. The stricter test of non-inferiority, the lower end above minus the margin, is not taken: a
shop with few users would never pass it, however good its model, and its live model would grow old.
Against popularity a version has to be surely better if the live version was: labels that are
shuffled are shuffled among the held-out items too, where the live twin finds as little as the new
one. If the live version was not, as in a shop to which users hardly ever come back, the new one
must not be surely worse.
"""

from collections.abc import Iterator

from ml.checks import Check
from ml.evaluation.differences import difference
from ml.evaluation.metrics import METRICS, RECALL
from ml.evaluation.protocol import HeldOutItems, K, Lists
from ml.gate.bounds import GateBounds


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


def against_popularity(
    lists: Lists,
    popular: Lists,
    held_out: HeldOutItems,
    bounds: GateBounds,
    *,
    must_beat: bool,
    seed: int,
) -> Iterator[Check]:
    """A check for each metric: surely better than popularity, or at least not surely worse.

    Args:
        lists: of the new twin.
        popular: the most popular items that each user has not seen.
        held_out: item ids by user id.
        bounds: what has to be gained.
        must_beat: whether it has to be surely better.
        seed: of the intervals.

    Yields:
        `…_against_popularity`, whose `measured` is the lower end of the difference's interval; or,
        where it need not be surely better and is not, `…_not_below_popularity` with the upper end.
    """
    for metric in METRICS.values():
        found = difference(lists, popular, held_out, metric, seed=seed)
        bound = bounds.min_gain * found.other
        is_better = found.interval.low > bound
        strict = must_beat or is_better
        measured = found.interval.low if strict else found.interval.high
        passed = measured > bound
        if strict:
            told = f"{'' if passed else 'not '}better than"
        else:
            told = f"{'not ' if passed else ''}worse than"
        yield Check(
            name=f"{metric.name}_{'against' if strict else 'not_below'}_popularity",
            passed=passed,
            measured=measured,
            bound=bound,
            sentence=(
                f"{metric.label}@{K} is {told} that of the most popular items beyond noise:"
                f" {found.of:.4f} and {found.other:.4f}, on the same {len(held_out):,} users."
            ),
        )
