"""A shop whose Kafka stops: no page waits for it, nothing is lost, and the relay finds it again."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from statistics import median
from uuid import UUID, uuid4

import psycopg
import pytest
from prometheus_client import REGISTRY

from apps.storefront.events import repository
from apps.storefront.events.publishing import EventSender, kafka_breaker
from apps.storefront.events.relay import OutboxRelay
from streams.contracts import INTERACTIONS, Interaction, InteractionType, new_id
from streams.database import Database
from streams.errors import PublishError
from streams.publisher import Publisher
from streams.settings import KafkaSettings
from support.broker import Broker
from support.interactions import interaction
from support.shop import NOBODY, outbox, shop
from support.topics import records

pytestmark = pytest.mark.integration

PAUSE = 0.5
PAGE_SECONDS = 0.05
KAFKA_SECONDS = 5
THREADS = 8


class Worker:
    """What one worker of the shop sends with."""

    def __init__(self, database_url: str, kafka: KafkaSettings, limit: int = 10_000) -> None:
        self.user = uuid4().hex
        self.database = Database(database_url, connections=THREADS, timeout=3)
        self.publisher = Publisher(kafka, timeout=KAFKA_SECONDS)
        breaker = kafka_breaker(PAUSE)
        self.sender = EventSender(
            self.database, self.publisher, breaker, timeout=PAGE_SECONDS, limit=limit
        )
        self.relay = OutboxRelay(
            self.database, self.publisher, breaker, self.sender.stored, timeout=5
        )

    def view(self) -> tuple[UUID, float]:
        """The id of a view, and the seconds that sending it took."""
        event = interaction(self.user, "i", "view", datetime.now(UTC))
        started = time.perf_counter()
        self.sender.send(event)
        return event.interaction_id, time.perf_counter() - started

    def sends_directly(self, database_url: str) -> bool:
        """Whether a view goes directly; the first ones may find a producer that still connects."""
        if outbox(database_url):
            return False
        self.view()
        return outbox(database_url) == []

    def arrived(self, kafka: KafkaSettings) -> set[UUID]:
        return {
            Interaction.decode(value).interaction_id
            for key, value in records(kafka, INTERACTIONS.public.name)
            if key == self.user
        }

    def close(self) -> None:
        self.relay.stop()
        self.publisher.close()
        self.database.close()


@pytest.fixture
def worker(database_url: str, kafka_broker: Broker) -> Iterator[Worker]:
    worker = Worker(database_url, kafka_broker.kafka)
    yield worker
    kafka_broker.ensure_running()
    worker.close()


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def dropped() -> float:
    value = REGISTRY.get_sample_value(
        "recsys_events_dropped_total", {"topic": INTERACTIONS.public.name}
    )
    return value or 0.0


@pytest.mark.parametrize("fail", [Broker.kill, Broker.freeze], ids=["killed", "frozen"])
def test_no_page_waits_for_a_kafka_that_stops_and_everything_arrives_when_it_is_back(
    worker: Worker, kafka_broker: Broker, database_url: str, fail: Callable[[Broker], None]
) -> None:
    worker.relay.start()
    until(lambda: worker.sends_directly(database_url))
    sent = [worker.view() for _ in range(20)]

    fail(kafka_broker)
    with ThreadPoolExecutor(THREADS) as threads:
        away = list(threads.map(lambda _: worker.view(), range(400)))
    assert not worker.sender.kafka_answers
    # One page of each thread waits for Kafka, and for a new connection to PostgreSQL; on a busy
    # machine a few others are slow, too.
    seconds = sorted(each for _, each in away)
    assert seconds[len(away) * 9 // 10] < PAGE_SECONDS, seconds[-40:]
    assert seconds[-1] < KAFKA_SECONDS / 2, seconds[-THREADS:]
    time.sleep(2 * PAUSE)
    away += [worker.view() for _ in range(10)]
    later = median(each for _, each in away[400:])
    assert later < PAGE_SECONDS, "after the pause the relay tries, never a page"
    assert {str(event_id) for event_id, _ in away} <= {each for each, _, _ in outbox(database_url)}

    kafka_broker.ensure_running()
    until(lambda: worker.sender.kafka_answers and outbox(database_url) == [])
    sent += away
    assert {event_id for event_id, _ in sent} <= worker.arrived(kafka_broker.kafka)


def test_a_worker_that_starts_without_kafka_makes_no_page_wait(database_url: str) -> None:
    worker = Worker(database_url, KafkaSettings(kafka_bootstrap_servers=NOBODY))
    worker.view()
    worker.relay.start()
    seconds = [worker.view()[1] for _ in range(20)]
    assert median(seconds) < PAGE_SECONDS, seconds
    assert len(outbox(database_url)) == 21
    worker.close()


def test_a_worker_sends_directly_once_its_relay_has_reached_kafka(
    worker: Worker, database_url: str
) -> None:
    worker.view()
    assert len(outbox(database_url)) == 1
    worker.relay.start()
    until(lambda: worker.sends_directly(database_url))


@pytest.fixture
def connected(worker: Worker, database_url: str) -> Worker:
    """A worker whose relay has reached Kafka."""
    worker.relay.start()
    until(lambda: worker.sends_directly(database_url))
    return worker


def test_many_events_are_taken_while_a_page_has_just_found_kafka_slow(
    connected: Worker, kafka_broker: Broker
) -> None:
    kafka_broker.freeze()
    connected.view()
    kafka_broker.thaw()
    assert not connected.sender.kafka_answers, "pages do not wait for it"
    rows = [
        interaction(connected.user, f"i{number}", "view", datetime.now(UTC)) for number in range(9)
    ]
    connected.sender.send_all(INTERACTIONS, rows, timeout=KAFKA_SECONDS)
    assert {each.interaction_id for each in rows} <= connected.arrived(kafka_broker.kafka)


def test_many_events_are_refused_at_once_after_kafka_did_not_take_the_last_ones(
    connected: Worker, kafka_broker: Broker
) -> None:
    kafka_broker.freeze()
    rows = [interaction(connected.user, "i", "view", datetime.now(UTC))]
    seconds = []
    for _ in range(2):
        started = time.perf_counter()
        with pytest.raises(PublishError):
            connected.sender.send_all(INTERACTIONS, rows, timeout=1)
        seconds.append(time.perf_counter() - started)
    assert seconds[0] >= 1 > seconds[1] * 5
    kafka_broker.thaw()
    time.sleep(PAUSE)
    connected.sender.send_all(INTERACTIONS, rows, timeout=KAFKA_SECONDS)


def test_a_relay_closes_the_breaker_while_another_one_empties_the_outbox(
    worker: Worker, database_url: str
) -> None:
    worker.view()
    with worker.database.connection() as connection:
        assert repository.lock(connection), "another relay is at work"
        worker.relay.start()
        until(lambda: worker.sender.kafka_answers)
        assert len(outbox(database_url)) == 1


def test_a_full_outbox_takes_no_more_views_and_still_what_changes_the_shop(
    database_url: str,
) -> None:
    worker = Worker(database_url, KafkaSettings(kafka_bootstrap_servers=NOBODY), limit=3)
    before = dropped()
    for _ in range(3):
        worker.view()
        time.sleep(1.1)  # room is looked up once a second
    for _ in range(4):
        worker.view()
    assert len(outbox(database_url)) == 3
    assert dropped() - before == 4
    event = Interaction(
        interaction_id=new_id(),
        user_id="u",
        item_id="i",
        timestamp=datetime.now(UTC),
        interaction_type=InteractionType.PURCHASE,
        quantity=1,
    )
    with worker.database.connection() as connection:
        worker.sender.store(connection, [event])
    assert outbox(database_url)[-1][0] == str(event.interaction_id)
    worker.close()


def test_the_relay_survives_what_it_does_not_know(
    worker: Worker, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = threading.Event()
    connect = worker.publisher.connect

    def fail_once(timeout: float) -> None:
        if failed.is_set():
            connect(timeout)
            return
        failed.set()
        raise ZeroDivisionError

    monkeypatch.setattr(worker.publisher, "connect", fail_once)
    worker.view()
    worker.relay.start()
    until(lambda: outbox(database_url) == [])
    assert failed.is_set()


def test_a_locked_outbox_makes_no_pod_unready(stocked: str) -> None:
    """A migration that changes the table must not stop the shop."""
    client = shop(stocked).test_client()
    with psycopg.connect(stocked) as connection:
        connection.execute("lock table shop.outbox in access exclusive mode")
        with ThreadPoolExecutor(1) as thread:
            answer = thread.submit(client.get, "/health/ready").result(5)
    assert answer.status_code == 200
    assert answer.json
    assert answer.json["kafka"] == "unavailable"
