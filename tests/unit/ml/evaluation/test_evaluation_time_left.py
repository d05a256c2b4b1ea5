import pytest

from ml.evaluation import time_left
from ml.evaluation.time_left import TimeLeft


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(time_left, "time", made)
    return made


def test_the_present_task_is_drawn_out_and_the_others_cost_what_it_costs(clock: Clock) -> None:
    left = TimeLeft({"a": 10, "b": 30})
    left.begin("a")
    clock.now += 2
    assert left.seconds(0.0) is None
    # 8 s in all for an effort of 10: 6 s more, and 24 s for an effort of 30.
    assert left.seconds(0.25) == pytest.approx(6 + 24)


def test_what_is_over_counts_for_what_begins(clock: Clock) -> None:
    left = TimeLeft({"a": 10, "b": 30})
    left.begin("a")
    clock.now += 8
    left.begin("b")
    assert left.seconds(0.0) == pytest.approx(24)
    clock.now += 10
    assert left.seconds(0.0) == pytest.approx(14)
    # Now it shows that b is quicker than thought.
    assert left.seconds(0.5) == pytest.approx(10)
    clock.now += 90
    assert left.seconds(0.0) == 0
