"""Each check of the gate, on lists that are made by hand."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ml.checks import Check, as_html, as_markdown
from ml.dataset import Dataset
from ml.evaluation.differences import difference
from ml.evaluation.metrics import RECALL
from ml.evaluation.protocol import K
from ml.evaluation.validation import hold_out
from ml.gate.bounds import GateBounds, require_measurement
from ml.gate.catalogue import keeps_items
from ml.gate.decision import Decision
from ml.gate.lists import agrees_with_twin, coverage_holds, differ_by_user
from ml.gate.quality import against_popularity, not_worse_than_live
from ml.gate.segments import guarded_segments, no_segment_falls
from streams.errors import ConfigurationError
from support.training_log import dataset_of, shop_of

BOUNDS = GateBounds()
USERS = [f"u{number:03}" for number in range(200)]
HELD_OUT = {user: {f"t{number}"} for number, user in enumerate(USERS)}


def _lists(hits: int, *, first: int = 0) -> dict[str, list[str]]:
    """Lists of which that many, from the first user on, hold the held-out item."""
    return {
        user: [f"t{place}" if first <= place < first + hits else "miss", "other"]
        for place, user in enumerate(USERS)
    }


def test_an_interval_of_differences_is_narrower_where_users_fare_alike() -> None:
    alike = difference(_lists(100), _lists(90), HELD_OUT, RECALL, seed=0)
    apart = difference(_lists(100, first=100), _lists(90), HELD_OUT, RECALL, seed=0)
    assert alike.of == apart.of == 0.5
    assert alike.other == apart.other == 0.45
    assert alike.interval.mean == pytest.approx(0.05) == apart.interval.mean
    # Ten users of two hundred differ: the standard error is that of a binomial share of .05.
    error = (0.05 * 0.95 / 200) ** 0.5
    assert alike.interval.low == pytest.approx(0.05 - 1.96 * error, abs=0.006)
    assert alike.interval.high == pytest.approx(0.05 + 1.96 * error, abs=0.006)
    assert apart.interval.low < 0 < apart.interval.high


def test_the_intervals_hold_the_true_difference_as_often_as_they_say() -> None:
    rng = np.random.default_rng(5)
    covered = 0
    for seed in range(200):
        one, other = ({user: ["miss"] for user in USERS} for _ in range(2))
        for place, user in enumerate(USERS):
            luck = rng.random()
            one[user] = [f"t{place}"] if luck < 0.4 else ["miss"]
            other[user] = [f"t{place}"] if luck < 0.3 or luck > 0.95 else ["miss"]
        interval = difference(one, other, HELD_OUT, RECALL, seed=seed).interval
        covered += interval.low <= 0.05 <= interval.high
    assert covered >= 180


def test_equal_and_slightly_worse_versions_pass_and_a_loss_fails() -> None:
    for hits, passed in ((100, True), (97, True), (110, True), (60, False), (0, False)):
        checks = list(not_worse_than_live(_lists(hits), _lists(100), HELD_OUT, BOUNDS, seed=0))
        assert [check.name for check in checks] == ["recall_against_live", "ndcg_against_live"]
        assert {check.passed for check in checks} == {passed}, hits
        assert {check.measured >= check.bound for check in checks} == {passed}
    assert (
        checks[0].sentence == "recall@20 is worse than the live version's beyond noise: 0.0000 and"
        " 0.5000, on the same 200 users."
    )


def test_noise_alone_is_no_loss() -> None:
    few = {user: HELD_OUT[user] for user in USERS[:20]}
    assert all(
        check.passed for check in not_worse_than_live(_lists(9), _lists(10), few, BOUNDS, seed=0)
    )


def _against_popularity(hits: int, *, must_beat: bool = True, **bounds: float) -> list[Check]:
    popular, limits = _lists(20), GateBounds.model_validate(bounds)
    return list(
        against_popularity(_lists(hits), popular, HELD_OUT, limits, must_beat=must_beat, seed=0)
    )


def test_a_version_shows_that_it_beats_popularity() -> None:
    for hits, passed in ((100, True), (20, False), (21, False), (5, False)):
        checks = _against_popularity(hits)
        assert {check.passed for check in checks} == {passed}, hits
    assert "not better than that of the most popular items" in checks[0].sentence
    assert all(check.passed for check in _against_popularity(5, min_gain=-10))


def test_where_no_version_has_beaten_popularity_one_must_not_be_surely_worse() -> None:
    for hits, passed, name in (
        (100, True, "recall_against_popularity"),
        (21, True, "recall_not_below_popularity"),
        (20, False, "recall_not_below_popularity"),
        (5, False, "recall_not_below_popularity"),
    ):
        checks = _against_popularity(hits, must_beat=False)
        assert {check.passed for check in checks} == {passed}, hits
        assert checks[0].name == name
    assert "recall@20 is worse than that of the most popular items" in checks[0].sentence


def _shop() -> Dataset:
    """Two categories; the first hundred users chose from the one, the others from the other."""
    seen = {user: "xy" if place < 100 else "xyz" for place, user in enumerate(USERS)}
    paths = {f"t{place}": "Books|New" if place < 100 else "Music" for place in range(200)}
    return shop_of(seen, paths, {})


def test_segments_are_new_users_tail_items_and_root_categories() -> None:
    names = {each.name: len(each.held_out) for each in guarded_segments(_shop(), HELD_OUT)}
    assert names == {"new users": 100, "category Books": 100, "category Music": 100}


def test_a_segment_that_falls_is_found_and_a_small_one_is_left_out() -> None:
    new, live = _lists(100, first=100), _lists(200)
    checks = list(no_segment_falls(new, live, _shop(), HELD_OUT, BOUNDS, seed=0))
    assert {check.name: check.passed for check in checks} == {
        "segment new users": False,
        "segment category Books": False,
        "segment category Music": True,
    }
    assert checks[1].sentence.startswith("For the category Books recall@20 has fallen by more than")
    strict = GateBounds(min_segment_users=101)
    assert list(no_segment_falls(new, live, _shop(), HELD_OUT, strict, seed=0)) == []


def test_coverage_is_of_different_items() -> None:
    live = {user: [f"i{place}"] for place, user in enumerate(USERS)}
    half = {user: [f"i{place % 100}"] for place, user in enumerate(USERS)}
    less = {user: [f"i{place % 99}"] for place, user in enumerate(USERS)}
    assert coverage_holds(half, live, BOUNDS).passed
    assert not coverage_holds(less, live, BOUNDS).passed


def test_a_catalogue_may_lose_a_fifth_of_the_live_items() -> None:
    live = [f"i{number}" for number in range(100)]
    assert keeps_items(live[:80], live, BOUNDS).passed
    found = keeps_items([*live[:50], *(f"new{number}" for number in range(100))], live, BOUNDS)
    assert not found.passed
    assert found.sentence == (
        "50 of the live version's 100 items, 50%, are missing in the catalogue; at most 20% may."
    )


def test_lists_of_the_published_model_are_like_those_of_its_twin_and_differ_by_user() -> None:
    lists = {user: [f"i{place + rank}" for rank in range(K)] for place, user in enumerate(USERS)}
    others = {user: [f"j{rank}" for rank in range(K)] for user in USERS}
    (same,), (different,) = (
        list(agrees_with_twin(each, lists, BOUNDS)) for each in (lists, others)
    )
    assert (same.passed, same.measured) == (True, 1)
    assert (different.passed, different.measured) == (False, 0)
    assert differ_by_user(lists, BOUNDS).passed
    assert not differ_by_user(others, BOUNDS).passed
    assert differ_by_user({"only": ["i1"]}, BOUNDS).passed


def _check(name: str, *, passed: bool) -> Check:
    return Check(name=name, passed=passed, measured=0.5, bound=0.1, sentence=f"It is <{name}>.")


def test_the_reason_is_the_first_failed_check_and_report_promotes_all_the_same() -> None:
    checks = [_check("a", passed=True), _check("b", passed=False), _check("c", passed=False)]
    facts: dict[str, Any] = {"evaluated_users": 3, "compared_with": "v1", "notes": ["A note."]}
    enforced = Decision.of(checks, mode="enforce", **facts)
    reported = Decision.of(checks, mode="report", **facts)
    passed = Decision.of(checks[:1], mode="enforce", **facts)
    assert (enforced.promoted, enforced.reason) == (False, "It is <b>.")
    assert reported.promoted
    assert reported.reason.endswith("as the gate only reports: It is <b>.")
    assert (passed.promoted, passed.reason) == (True, "Every check passed. A note.")
    assert Decision.model_validate(enforced.model_dump(mode="json")) == enforced
    title = enforced.title("v2")
    text, page = (
        render(title, enforced.reason, enforced.checks, enforced.notes)
        for render in (as_markdown, as_html)
    )
    assert text.startswith("# Version v2 is rejected\n\nIt is <b>.\n")
    assert "| c | failed | 0.5 | 0.1 | It is <c>. |" in text
    assert "<h1>Version v2 is rejected</h1><p>It is &lt;b&gt;.</p>" in page


def test_nothing_is_enforced_that_is_not_measured() -> None:
    require_measurement("enforce", validate=True)
    require_measurement("report", validate=False)
    with pytest.raises(ConfigurationError, match="set gate to report"):
        require_measurement("enforce", validate=False)


def test_all_users_are_parted_at_one_instant_where_the_log_has_times() -> None:
    rows = [(f"u{number % 5}", f"i{number}") for number in range(20)]
    known = [("u0", "i1"), ("u1", "i2")]
    timed = hold_out(dataset_of([*rows, *known], timed=True))
    assert timed is not None
    assert timed.instant == datetime(2026, 1, 1, 20, tzinfo=UTC)
    assert timed.held_out == {"u0": {"i1"}, "u1": {"i2"}}
    assert len(timed.earlier.interactions) == 20
    timeless = dataset_of(rows)
    drawn = hold_out(timeless)
    assert drawn is not None
    assert drawn.instant is None
    again = hold_out(timeless)
    assert again is not None
    assert drawn.held_out == again.held_out
    assert len(drawn.held_out) == 5
    at_once = timeless.interactions.assign(timestamp=pd.Timestamp("2026-01-01", tz="UTC"))
    assert hold_out(Dataset(at_once, timeless.users, timeless.items)) is None
