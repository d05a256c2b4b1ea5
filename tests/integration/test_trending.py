"""Counters and trends in a real PostgreSQL and a real Feast, against their definition."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ml.settings import MlSettings
from streams.contracts import (
    INTERACTIONS,
    SESSION_GAP,
    DeadLetter,
    Interaction,
    InteractionType,
)
from streams.database import Database
from streams.features.online import OnlineStore
from streams.processor import counters
from streams.processor.counters import HALF_LIFE
from streams.processor.processing import Processing
from streams.processor.sessions import SessionEvent, judge, key_of
from streams.processor.trending import TrendingLists
from streams.settings import ProcessorSettings
from support.interactions import interaction
from support.products import add_product
from support.records import Record, keyed
from support.served_features import served_features

pytestmark = pytest.mark.integration

YESTERDAY = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(1)
TABLES = ("sessions", "session_events", "shopper_items", "item_counters", "trending_items")
Scores = dict[str, float]


class Silent:
    """In Kafka's place: what is published has other tests."""

    def publish(self, topic: str, events: object) -> None:
        del topic, events

    def publish_dead_letters(self, topic: str, letters: Sequence[DeadLetter]) -> None:
        del topic
        assert not letters


@dataclass
class Worker:
    """A worker of the processor, without Kafka."""

    database_url: str
    processing: Processing = field(init=False)
    offset: int = 0

    def __post_init__(self) -> None:
        config = ProcessorSettings(
            database_url=self.database_url,
            kafka_bootstrap_servers="127.0.0.1:1",
            session_grace=timedelta(0),
        )
        self.database = Database(self.database_url, connections=4, timeout=10)
        self.online_store = OnlineStore(config)
        ids = {INTERACTIONS.public.name: uuid4()}
        self.processing = Processing(config, ids, Silent(), self.database, self.online_store)  # type: ignore[arg-type]

    def process(self, events: Sequence[Interaction]) -> list[Record]:
        """Process events as new records; returns these."""
        records = [
            keyed(INTERACTIONS.public.name, self.offset + place, event.encode())
            for place, event in enumerate(events)
        ]
        self.offset += len(records)
        self.processing.process(INTERACTIONS, records)
        return records

    def judge(self) -> None:
        while self.processing.judge_ended_sessions():
            pass

    def close(self) -> None:
        self.online_store.close()
        self.database.close()


@pytest.fixture
def worker(database_url: str) -> Iterator[Worker]:
    with closing(Worker(database_url)) as worker:
        yield worker


@pytest.fixture
def scores(database_url: str) -> Callable[[], Scores]:
    """The scores at one instant, by item."""

    def read() -> Scores:
        with psycopg.connect(database_url) as connection:
            rows = connection.execute("select * from events.trending_items").fetchall()
        return {item: score * 0.5 ** ((YESTERDAY - at) / HALF_LIFE) for item, score, at in rows}

    return read


def viewed(user: str, item: str, hours: float = 0, kind: str = "view") -> Interaction:
    return interaction(user, item, kind, YESTERDAY + timedelta(hours=hours), session_id=user)


def score_by_definition(events: Sequence[Interaction], max_items: int) -> Scores:
    """Word for word: what each shopper did with an item on a day adds its largest weight, once."""
    sessions: dict[tuple[str, str], list[SessionEvent]] = {}
    for each in events:
        is_view = each.interaction_type is InteractionType.VIEW
        known = SessionEvent(each.interaction_id, each.item_id, each.timestamp, is_view)
        sessions.setdefault(key_of(each), []).append(known)
    rejected: set[UUID] = {
        view.interaction_id
        for session in sessions.values()
        for view, verdict in judge(session, SESSION_GAP)
        if verdict is InteractionType.NEGATIVE_VIEW
    }
    weights: dict[tuple[str, date], dict[str, float]] = {}
    latest: dict[tuple[str, date, str], datetime] = {}
    for each in events:
        match each.interaction_type:
            case InteractionType.VIEW:
                weight = 0.2 if each.interaction_id in rejected else 1.0
            case InteractionType.CART:
                weight = 2.0
            case InteractionType.PURCHASE:
                weight = 3.0
            case _:
                continue
        day, item = each.timestamp.date(), each.item_id
        of_day = weights.setdefault((each.user_id, day), {})
        of_day[item] = max(weight, of_day.get(item, 0.0))
        key = (each.user_id, day, item)
        latest[key] = max(each.timestamp, latest.get(key, each.timestamp))
    scores: Scores = {}
    for (user, day), of_day in weights.items():
        for item, weight in of_day.items() if len(of_day) <= max_items else ():
            age = (YESTERDAY - latest[user, day, item]) / HALF_LIFE
            scores[item] = scores.get(item, 0.0) + weight * 0.5**age
    return scores


def counts(database_url: str) -> Counter[tuple[str, str]]:
    names = ("views", "rejected_views", "cart_additions", "purchases", "ratings")
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("select * from events.item_counters").fetchall()
    totals: Counter[tuple[str, str]] = Counter()
    for item, _day, *values in rows:
        for name, value in zip(names, values, strict=True):
            totals[item, name] += value
    return +totals


def event(user: str, item: str, minutes: int, kind: str, session: str | None) -> Interaction:
    at = YESTERDAY - timedelta(minutes=minutes)
    rating = 4.0 if kind == "rate" else None
    return interaction(user, item, kind, at, session_id=session, rating=rating)


EVENTS = st.lists(
    st.builds(
        event,
        st.sampled_from(["anna", "bob", "cleo"]),
        st.sampled_from("abcde"),
        st.integers(0, 3 * 24 * 60),
        st.sampled_from(["view", "view", "view", "cart", "purchase", "rate"]),
        st.sampled_from(["s", "t", None]),
    ),
    min_size=1,
    max_size=30,
)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(events=EVENTS, order=st.randoms(use_true_random=False))
def test_scores_and_counters_are_a_function_of_the_set_of_events(
    events: list[Interaction],
    order: random.Random,
    worker: Worker,
    scores: Callable[[], Scores],
    database_url: str,
) -> None:
    """In any order, in any batches, judged at any time, and some of them sent several times."""
    with psycopg.connect(database_url) as connection:
        for table in TABLES:
            connection.execute(f"truncate events.{table}")
    sent = [*events, *order.choices(events, k=order.randint(0, len(events)))]
    order.shuffle(sent)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counters, "MAX_ITEMS", 3)
        while sent:
            size = order.randint(1, 12)
            worker.process(sent[:size])
            sent = sent[size:]
            if order.random() < 0.3:
                worker.judge()
        worker.judge()
    expected = score_by_definition(events, max_items=3)
    found = scores()
    assert found.keys() >= expected.keys()
    for item, score in found.items():
        assert score == pytest.approx(expected.get(item, 0.0), rel=1e-9, abs=1e-9)
    names = {"view": "views", "cart": "cart_additions", "purchase": "purchases", "rate": "ratings"}
    wanted = Counter((each.item_id, names[each.interaction_type]) for each in events)
    assert {
        key: n for key, n in counts(database_url).items() if key[1] != "rejected_views"
    } == wanted


def test_records_that_are_delivered_again_count_nothing_twice(
    worker: Worker, scores: Callable[[], Scores], database_url: str
) -> None:
    records = worker.process([viewed(f"u{n}", "a") for n in range(5)])
    before = scores(), counts(database_url)
    worker.processing.process(INTERACTIONS, records)
    assert (scores(), counts(database_url)) == before
    assert before[1] == {("a", "views"): 5}


def test_a_bot_with_a_thousand_views_stays_below_what_twenty_shoppers_viewed(
    worker: Worker, scores: Callable[[], Scores], database_url: str
) -> None:
    worker.process([viewed(f"u{n}", "wanted") for n in range(20)])
    worker.judge()
    worker.process([viewed("bot", "pushed", n / 3600) for n in range(1000)])
    found = scores()
    assert found["wanted"] == pytest.approx(20 * 0.2), "all of these views are rejected"
    assert 0 < found["pushed"] < 1.1 < found["wanted"]
    assert counts(database_url)["pushed", "views"] == 1000


def test_who_meets_more_items_than_people_do_adds_nothing_on_that_day(
    worker: Worker, scores: Callable[[], Scores], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counters, "MAX_ITEMS", 20)
    worker.process([viewed("person", f"i{n}") for n in range(20)])
    worker.process([viewed("crawler", f"i{n}") for n in range(20)])
    assert scores() == {f"i{n}": pytest.approx(2) for n in range(20)}
    worker.process([viewed("crawler", "i20"), viewed("crawler", "i0", 1, "purchase")])
    worker.process([viewed("crawler", "i21")])
    found = scores()
    assert [found[f"i{n}"] for n in range(20)] == [pytest.approx(1)] * 20
    assert (found.get("i20", 0), found.get("i21", 0)) == (0, 0)


def test_a_rejected_view_is_worth_less_until_an_action_follows(
    worker: Worker, scores: Callable[[], Scores], database_url: str
) -> None:
    worker.process([viewed("u", "a"), viewed("u", "b")])
    assert scores() == {"a": pytest.approx(1), "b": pytest.approx(1)}
    worker.judge()
    assert scores() == {"a": pytest.approx(0.2), "b": pytest.approx(0.2)}
    assert counts(database_url)["a", "rejected_views"] == 1
    worker.process([viewed("u", "a", 0, "cart")])
    worker.judge()
    assert scores() == {"a": pytest.approx(2), "b": pytest.approx(0.2)}
    assert counts(database_url)["a", "rejected_views"] == 0


def test_what_is_old_counts_and_adds_nothing_to_a_trend(
    worker: Worker, scores: Callable[[], Scores], database_url: str
) -> None:
    worker.process([viewed("u", "a", -24 * 8), viewed("u", "a", -24 * 4000)])
    assert scores() == {}
    assert counts(database_url)["a", "views"] == 2
    with psycopg.connect(database_url) as connection:
        connection.execute("insert into events.trending_items values ('a', 5, '1990-01-01Z')")
    worker.process([viewed("u", "a")])
    assert scores() == {"a": pytest.approx(1)}


def test_what_shoppers_did_is_forgotten_once_no_event_can_add_to_it(
    worker: Worker, database_url: str
) -> None:
    worker.process([viewed("u", "a"), viewed("u", "b", -24 * 5)])
    assert worker.processing.forget_old_activity() == 0
    with psycopg.connect(database_url) as connection:
        connection.execute("update events.shopper_items set day = day - 4")
    assert worker.processing.forget_old_activity() == 1


def test_workers_that_count_the_same_items_never_wait_for_each_other_in_a_circle(
    database_url: str, scores: Callable[[], Scores]
) -> None:
    failures: list[BaseException] = []

    def work(name: str, items: list[str]) -> None:
        try:
            with closing(Worker(database_url)) as worker:
                for batch in range(15):
                    worker.process([viewed(f"{name}{batch}{item}", item) for item in items])
                    worker.judge()
        except BaseException as error:  # noqa: BLE001 - the test says so
            failures.append(error)

    items = [f"i{n}" for n in range(20)]
    threads = [
        threading.Thread(target=work, args=arguments)
        for arguments in (("x", items), ("y", items[::-1]))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures
    assert scores() == {item: pytest.approx(30 * 0.2) for item in items}


def test_feast_has_what_is_trending_in_the_shop_and_in_each_category(
    worker: Worker, database_url: str, tmp_path: Path
) -> None:
    products = {"lamp": "Home|Lamps", "chair": "Home", "gift": "", "book": "Books"}
    for item_id, category in products.items():
        add_product(database_url, item_id, category)
    worker.process([viewed(f"u{n}", item) for n, item in enumerate(["lamp", "chair", "lamp"])])
    worker.process([viewed("v", "gift", 1), viewed("v", "unknown", 2)])
    lists = TrendingLists(worker.database, worker.online_store)
    config = MlSettings(database_url=database_url, models_dir=tmp_path)
    with served_features(config) as features:
        assert features.trending() == ()
        assert lists.publish() == 4
        assert features.trending() == ("lamp", "gift", "chair")
        assert features.trending("Home") == ("lamp", "chair")
        assert features.trending("Home|Lamps") == ("lamp",)
        assert features.trending("Books") == ()
        assert lists.publish() == 0, "nothing has changed"

        worker.process([viewed("w", "chair", 2, "purchase")])
        assert lists.publish() == 2, "the lamp has its category to itself"
        assert features.trending("Home") == ("chair", "lamp")

        with psycopg.connect(database_url) as connection:
            connection.execute("update events.trending_items set as_of = as_of - interval '9 days'")
        successor = TrendingLists(worker.database, worker.online_store)
        assert successor.publish() == 4
        assert features.trending("Home") == features.trending() == ()


def test_an_id_that_is_used_again_in_a_batch_counts_once(worker: Worker, database_url: str) -> None:
    first = viewed("u", "a")
    again = interaction("u", "b", "view", YESTERDAY, session_id="u").model_copy(
        update={"interaction_id": first.interaction_id}
    )
    worker.process([first, again])
    worker.process([again])
    assert counts(database_url) == {("a", "views"): 1}
