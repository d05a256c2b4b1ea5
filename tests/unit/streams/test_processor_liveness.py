from datetime import timedelta
from uuid import UUID

import pytest

from streams.processor.liveness import Liveness
from streams.processor.progress import Partition

PARTITION = Partition(UUID(int=1), 0)
OTHER = Partition(UUID(int=1), 1)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def liveness(clock: Clock) -> Liveness:
    return Liveness(timedelta(seconds=60), clock)


def test_a_partition_that_stands_still_with_lag_is_not_alive(
    clock: Clock, liveness: Liveness
) -> None:
    for clock.now in range(0, 70, 10):
        liveness.observe({PARTITION: 9, OTHER: 5}, {PARTITION: 7, OTHER: 5})
        assert liveness.is_alive
    clock.now = 61.0
    assert not liveness.is_alive


def test_offsets_that_move_are_alive_whatever_the_lag(clock: Clock, liveness: Liveness) -> None:
    for step in range(20):
        clock.now = step * 50.0
        liveness.observe({PARTITION: 10_000 + step}, {PARTITION: step})
    assert liveness.is_alive


def test_without_lag_or_observation_it_is_alive(clock: Clock, liveness: Liveness) -> None:
    assert liveness.is_alive
    liveness.observe({PARTITION: 9}, {})
    liveness.observe({PARTITION: 9}, {PARTITION: 9})
    clock.now = 1000.0
    assert liveness.is_alive


def test_a_partition_that_was_taken_away_is_forgotten(clock: Clock, liveness: Liveness) -> None:
    liveness.observe({PARTITION: 9}, {PARTITION: 7})
    clock.now = 50.0
    liveness.observe({}, {})
    clock.now = 100.0
    liveness.observe({PARTITION: 9}, {PARTITION: 7})
    assert liveness.is_alive
