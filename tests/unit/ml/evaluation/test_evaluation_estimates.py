import numpy as np
import pytest

from ml.evaluation.estimates import bootstrap_interval, estimate_lists
from ml.evaluation.metrics import NDCG, RECALL
from ml.evaluation.protocol import score_lists
from streams.errors import ContractError


def test_equal_values_leave_no_doubt() -> None:
    interval = bootstrap_interval(np.full(9, 0.25))
    assert (interval.mean, interval.low, interval.high) == pytest.approx((0.25, 0.25, 0.25))


def test_the_interval_of_two_values_is_all_there_is() -> None:
    # Resamples of (0, 1) have the mean 0 or 1 with chance 1/4 each, so both ends are reached.
    interval = bootstrap_interval(np.array([0.0, 1.0]))
    assert (interval.mean, interval.low, interval.high) == (0.5, 0.0, 1.0)


def test_the_interval_of_a_share_is_that_of_the_binomial_distribution() -> None:
    # 400 users, 30 % of them 1: the mean's deviation is sqrt(.3 * .7 / 400) = .0229.
    values = np.r_[np.ones(120), np.zeros(280)]
    interval = bootstrap_interval(values, resamples=20_000)
    assert interval.mean == pytest.approx(0.3)
    assert interval.low == pytest.approx(0.3 - 1.96 * 0.0229, abs=0.004)
    assert interval.high == pytest.approx(0.3 + 1.96 * 0.0229, abs=0.004)
    wider = bootstrap_interval(values, resamples=20_000, level=0.99)
    assert wider.low < interval.low
    assert wider.high > interval.high


def test_distinct_values_are_drawn_as_often_as_they_occur() -> None:
    values = np.random.default_rng(5).random(300)
    drawn = np.random.default_rng(6).choice(values, (4000, 300)).mean(axis=1)
    interval = bootstrap_interval(values, resamples=4000)
    expected = np.quantile(drawn, (0.025, 0.975))
    assert (interval.low, interval.high) == pytest.approx(tuple(expected), abs=0.004)


def test_the_seed_decides() -> None:
    values = np.random.default_rng(1).random(50)
    assert bootstrap_interval(values, seed=3) == bootstrap_interval(values, seed=3)
    assert bootstrap_interval(values, seed=3) != bootstrap_interval(values, seed=4)


def test_no_values_are_refused() -> None:
    with pytest.raises(ContractError, match="no values"):
        bootstrap_interval(np.empty(0))


def test_an_estimate_has_the_means_of_the_protocol() -> None:
    lists = {"a": ["x", "y", "z"], "b": ["q"], "d": ["x"]}
    held_out = {"a": {"x", "z"}, "b": {"x"}, "c": {"gone"}, "d": set[str]()}
    found = estimate_lists(lists, held_out, 3)
    scores = score_lists(lists, held_out, 3)
    assert found.users == scores.users == 3
    assert found[RECALL].mean == pytest.approx(scores[RECALL]) == pytest.approx(1 / 3)
    assert found[NDCG].mean == pytest.approx(scores[NDCG])
    assert (found[RECALL].low, found[RECALL].high) == (0, 1)
