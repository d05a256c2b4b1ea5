"""Two models on the same users and held-out items, scored user by user."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ml.evaluation.estimates import Interval, bootstrap_interval
from ml.evaluation.metrics import Metric, hits_at_k
from ml.evaluation.protocol import HeldOutItems, K, Lists, rank_lists

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Difference:
    """A metric of one model and of another, paired by user."""

    of: float
    """Mean of the one."""
    other: float
    """Mean of the other."""
    interval: Interval
    """Of the mean of the users' differences, the one minus the other."""

    def relative(self, value: float) -> float:
        """A value as a share of the other's mean; 0 where that is 0."""
        return value / self.other if self.other else 0.0


def difference(
    lists: Lists,
    others: Lists,
    held_out: HeldOutItems,
    metric: Metric,
    *,
    seed: int,
    k: int = K,
    level: float = 0.95,
) -> Difference:
    """Compare two models by the paired bootstrap over users (Efron & Tibshirani 1993, chapter 8).

    A user is drawn with both scores, so what makes a user easy or hard for both cancels out.

    Args:
        lists: of the one model, item ids by user id.
        others: of the other.
        held_out: item ids by user id; a user without a list scores 0.
        metric: what is compared, at `k`.
        seed: of the resamples.
        k: length that is scored.
        level: share of the resamples that the interval holds.

    Raises:
        ContractError: nobody has anything held out.
    """
    one, other = (_per_user(each, held_out, metric, k) for each in (lists, others))
    interval = bootstrap_interval(one - other, seed=seed, level=level)
    return Difference(float(one.mean()), float(other.mean()), interval)


def _per_user(lists: Lists, held_out: HeldOutItems, metric: Metric, k: int) -> Floats:
    """In the order of the users' ids, which is the same for all models."""
    ranked, test = rank_lists(lists, held_out, k)
    return metric.per_user(hits_at_k(ranked, test.matrix, k))
