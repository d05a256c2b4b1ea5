"""How far a mean over users could have come out otherwise (Efron 1979, "Bootstrap Methods")."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from streams.errors import ContractError

_VALUES_AT_ONCE = 1 << 23


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over users and the interval that 95 % of its resamples fall into."""

    mean: float
    low: float
    high: float


def bootstrap_interval(
    values: npt.NDArray[np.float64], *, seed: int = 0, resamples: int = 1000, level: float = 0.95
) -> Interval:
    """The mean of `values` with its percentile bootstrap interval.

    Users are drawn with replacement, as many as there are; the interval lies between the
    percentiles of the resamples' means. How often each distinct value is drawn follows a
    multinomial distribution, so only distinct values are drawn: a metric takes few.

    Args:
        values: float64 (users,), one value a user.
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
