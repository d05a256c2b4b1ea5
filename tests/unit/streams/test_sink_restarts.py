import itertools
from datetime import UTC, datetime, timedelta

from streams.sink.restarts import MAX_RESTARTS, Restarts

START = datetime(2026, 11, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(minute: float) -> datetime:
    return START + minute * MINUTE


def test_pauses_grow_and_end() -> None:
    """What fails again at once is restarted after the pauses of Strimzi's documentation."""
    restarts, found = Restarts(), []
    for minute in range(24 * 60):
        if restarts.is_due(at(minute), MINUTE):
            restarts = restarts.restarted(at(minute))
            found.append(minute)
    assert [after - before for before, after in itertools.pairwise(found)] == [
        2, 6, 12, 20, 30, 42,
    ]  # fmt: skip
    assert len(found) == MAX_RESTARTS
    assert restarts.is_exhausted


def test_the_count_begins_anew_after_a_run_as_long_as_the_pause() -> None:
    once = Restarts().restarted(at(0))
    assert once.runs(at(1.9), MINUTE) == once
    assert not once.is_due(at(1.9), MINUTE)
    anew = once.runs(at(2), MINUTE)
    assert (anew.in_a_row, anew.total) == (0, 1)
    assert anew.is_due(at(2), MINUTE)


def test_what_was_given_up_counts_anew_once_somebody_has_restarted_it() -> None:
    given_up = Restarts(in_a_row=MAX_RESTARTS, total=MAX_RESTARTS, latest=at(0))
    assert not given_up.is_due(at(100_000), MINUTE)
    assert given_up.runs(at(55), MINUTE).is_exhausted
    assert not given_up.runs(at(56), MINUTE).is_exhausted
