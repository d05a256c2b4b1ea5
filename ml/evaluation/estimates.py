"""Means of metrics with their confidence intervals (Efron 1979, "Bootstrap Methods")."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse
from pydantic import BaseModel, ConfigDict

from ml.evaluation.metrics import METRICS, Metric, hits_at_k
from ml.evaluation.protocol import HeldOutItems, Lists, rank_lists
from streams.errors import ContractError

_VALUES_AT_ONCE = 1 << 23


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over users and the interval that 95 % of its resamples fall into."""

    mean: float
    low: float
    high: float


class Estimate(BaseModel):
    """Means of METRICS over the evaluated users, with 95 % bootstrap intervals.

    In JSON each metric is a key of its own beside `users`.
    """

    model_config = ConfigDict(frozen=True, extra="allow")
    __pydantic_extra__: dict[str, Interval]

    users: int

    def __getitem__(self, metric: Metric) -> Interval:
        return self.__pydantic_extra__[metric.name]


Estimates = Mapping[str, Estimate]
"""By the name of the model."""


def estimate(
    ranked: npt.NDArray[np.int64], held_out: scipy.sparse.csr_array, k: int, *, seed: int = 0
) -> Estimate:
    """Score the first `k` of each row; arguments as `ml.evaluation.metrics.hits_at_k`.

    Raises:
        ContractError: if the shapes do not fit together, or nobody has anything held out.
    """
    hits = hits_at_k(ranked, held_out, k)
    intervals = {
        name: bootstrap_interval(metric.per_user(hits), seed=seed)
        for name, metric in METRICS.items()
    }
    return Estimate.model_validate({"users": len(hits.sizes), **intervals})


def estimate_lists(lists: Lists, held_out: HeldOutItems, k: int, *, seed: int = 0) -> Estimate:
    """Score the first `k` of each user's list as `ml.evaluation.protocol.score_lists` does.

    Args:
        lists: item ids by user id, best first, without repetition.
        held_out: item ids by user id; a user with none does not count.
        k: length that is scored.
        seed: of the intervals.

    Raises:
        ContractError: if nobody has anything held out, or a list names an item twice.
    """
    ranked, test = rank_lists(lists, held_out, k)
    return estimate(ranked, test.matrix, k, seed=seed)


def bootstrap_interval(
    values: npt.NDArray[np.float64], *, seed: int = 0, resamples: int = 1000, level: float = 0.95
) -> Interval:
    """The mean of `values` with its percentile bootstrap interval.

    Users are drawn with replacement, as many as there are; the interval lies between the
    percentiles of the resamples' means. How often each distinct value is drawn follows a
    multinomial distribution, so only distinct values are drawn: a metric has few.

    Args:
        values: float64 (users,), one value per user.
        seed: of the draws; the same seed gives the same interval.
        resamples: how many are drawn.
        level: share of the resamples' means that the interval holds.

    Raises:
        ContractError: if there are no values.
    """
    if not len(values):
        raise ContractError("there is no interval of no values")
    distinct, counts = np.unique(values, return_counts=True)
    rng = np.random.default_rng(seed)
    at_once = max(1, _VALUES_AT_ONCE // len(distinct))
    means = [
        rng.multinomial(
            len(values), counts / len(values), size=min(at_once, resamples - start)
        ) @ distinct
        for start in range(0, resamples, at_once)
    ]  # fmt: skip
    tail = (1 - level) / 2
    low, high = np.quantile(np.concatenate(means) / len(values), (tail, 1 - tail))
    return Interval(float(np.mean(values)), float(low), float(high))


def ratio_interval(
    sums: npt.NDArray[np.float64],
    sizes: npt.NDArray[np.int64],
    *,
    seed: int = 0,
    resamples: int = 1000,
    level: float = 0.95,
) -> Interval:
    """The mean of values that belong to users, with its percentile bootstrap interval over users.

    All values of a user are drawn together, as they are not independent; so is the number of values
    (Efron & Tibshirani 1993, chapter 8).

    Args:
        sums: float64 (users,), the sum of each user's values.
        sizes: int64 (users,), how many values each user has, at least 1.
        seed: of the draws.
        resamples: how many are drawn.
        level: share of the resamples' means that the interval holds.

    Raises:
        ContractError: if there are no users.
    """
    users = len(sizes)
    if not users:
        raise ContractError("there is no interval of no values")
    rng = np.random.default_rng(seed)
    at_once = max(1, _VALUES_AT_ONCE // users)
    means = []
    for start in range(0, resamples, at_once):
        drawn = rng.multinomial(
            users, np.full(users, 1 / users), size=min(at_once, resamples - start)
        )
        means.append((drawn @ sums) / (drawn @ sizes))
    tail = (1 - level) / 2
    low, high = np.quantile(np.concatenate(means), (tail, 1 - tail))
    return Interval(float(sums.sum() / sizes.sum()), float(low), float(high))
