"""The processor's progress and memory in a real PostgreSQL."""

import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from streams.contracts import Interaction, InteractionType
from streams.processor import progress, repository
from streams.processor.progress import Partition
from streams.processor.sessions import SessionKey, changed
from support.interactions import interaction

pytestmark = pytest.mark.integration

LONG_AGO = datetime(2024, 3, 1, 12, tzinfo=UTC)
GAP = timedelta(minutes=30)
NO_TIME = timedelta(0)
KEY: SessionKey = ("u", "s")


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


def event(minute: float, item: str, kind: str, user: str = "u") -> Interaction:
    at = LONG_AGO + timedelta(minutes=minute)
    return interaction(user, item, kind, at, session_id="s")


def remember(connection: psycopg.Connection, events: Sequence[Interaction]) -> list[Interaction]:
    """Those that are new."""
    new = repository.remember(connection, [each.encode() for each in events])
    return [Interaction.decode(each) for each in new]


def judged(connection: psycopg.Connection, limit: int = 100) -> dict[str, str]:
    """The verdicts to publish now, by item."""
    with connection.transaction():
        ended = repository.take_ended(connection, GAP, NO_TIME, limit)
    return {
        verdict.item_id: verdict.interaction_type.value
        for (user_id, _), events in ended.items()
        for _, verdict in changed(user_id, events, GAP)
    }


def test_verdicts_are_due_once_and_corrected_by_a_late_event(
    connection: psycopg.Connection,
) -> None:
    first = [event(0, "a", "view"), event(1, "b", "view"), event(2, "a", "cart")]
    remember(connection, first)
    assert judged(connection) == {"a": "positive_view", "b": "negative_view"}
    assert judged(connection) == {}

    remember(connection, first)
    assert judged(connection) == {}, "what arrives again changes nothing"

    remember(connection, [event(3, "b", "purchase"), event(-1, "c", "view")])
    assert judged(connection) == {"b": "positive_view", "c": "negative_view"}


def test_a_session_that_goes_on_is_not_due(connection: psycopg.Connection) -> None:
    now = interaction("u", "a", "view", datetime.now(UTC), session_id="s")
    remember(connection, [now])
    assert judged(connection) == {}
    with connection.transaction():
        assert repository.take_ended(connection, NO_TIME, timedelta(hours=1), 9) == {}
        assert repository.take_ended(connection, NO_TIME, NO_TIME, 9).keys() == {KEY}


def test_two_workers_judge_different_sessions(
    connection: psycopg.Connection, database_url: str
) -> None:
    remember(connection, [event(0, "a", "view", user=f"u{n}") for n in range(5)])
    with connection.transaction(), psycopg.connect(database_url) as other:
        mine = repository.take_ended(connection, GAP, NO_TIME, 3)
        theirs = repository.take_ended(other, GAP, NO_TIME, 9)
    assert len(mine) == 3
    assert {user for user, _ in (*mine, *theirs)} == {f"u{n}" for n in range(5)}
    assert not mine.keys() & theirs.keys()


def test_a_session_is_forgotten_after_its_verdicts(connection: psycopg.Connection) -> None:
    remember(connection, [event(0, "a", "view")])
    assert repository.expire(connection, NO_TIME, 9) == 0, "its verdicts are due"
    judged(connection)
    assert repository.expire(connection, timedelta(hours=1), 9) == 0
    assert repository.expire(connection, NO_TIME, 9) == 1
    for table in ("sessions", "session_events"):
        rows = connection.execute(f"select count(*) from events.{table}").fetchone()
        assert rows == (0,)


def test_a_session_without_end_is_bounded(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository, "MAX_SESSION_EVENTS", 10)
    for minute in range(6):
        events = [event(minute + n / 10, f"i{minute}-{n}", "view") for n in range(4)]
        remember(connection, events)
    assert len(judged(connection)) == 8


def test_of_events_with_one_id_the_first_is_new(connection: psycopg.Connection) -> None:
    first, other, last = (event(minute, "a", "view") for minute in range(3))
    again = first.model_copy(update={"item_id": "b"})
    assert remember(connection, [first, other, again, first]) == [first, other]
    assert remember(connection, [again, last, other]) == [last]
    assert remember(connection, [first]) == []
    assert judged(connection) == {"a": "negative_view"}


def test_text_that_looks_like_an_array_stays_text(connection: psycopg.Connection) -> None:
    odd = [event(0, item, "view") for item in ('{"a"}', "a,b", "NULL", "\\", '"', "é\n", "\\u0041")]
    remember(connection, odd)
    assert judged(connection).keys() == {each.item_id for each in odd}
    assert {each.interaction_type for each in odd} == {InteractionType.VIEW}


def test_progress_fences_a_worker_that_has_lost_its_partition(
    connection: psycopg.Connection, database_url: str
) -> None:
    partition, untouched = Partition(uuid4(), 1), Partition(uuid4(), 2)
    found: list[dict[Partition, int]] = []

    def successor() -> None:
        with psycopg.connect(database_url) as other:
            found.append(progress.lock(other, [untouched, partition]))

    thread = threading.Thread(target=successor)
    with connection.transaction():
        assert progress.lock(connection, [partition]) == {partition: 0}
        thread.start()
        thread.join(0.5)
        assert not found, "it waits for the batch that is under way"
        progress.save(connection, {partition: 42})
    thread.join(10)
    assert found == [{partition: 42, untouched: 0}]
    assert progress.read(connection, [partition, untouched]) == {partition: 42, untouched: 0}
