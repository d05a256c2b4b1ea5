"""Accepted = rows + dead letters: what is judged missing, and what is not."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import psycopg
import pytest
from confluent_kafka import Producer

from streams import erasures
from streams.contracts import Interaction
from streams.contracts.dead_letter import OFFSET, PARTITION, TOPIC
from streams.database import Database
from streams.processor.reconciler import Reconciler
from streams.reconciliation.ledger import Ledger
from streams.reconciliation.outcomes import Outcome
from streams.reconciliation.reconciling import Account, Reconciliation
from support.broker import Broker
from support.cluster_database import UrlOf
from support.interactions import interaction
from support.journey import LETTERS, PUBLIC, SINK, VALID, Journey, soon_forgotten

pytestmark = pytest.mark.integration

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LEDGER = Ledger()
Judge = Callable[..., dict[str, Account]]


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def journey(kafka_broker: Broker, connection: psycopg.Connection) -> Iterator[Journey]:
    """What other tests have left on the topics counts as reconciled."""
    journey = Journey(kafka_broker.kafka, connection)
    for topic in (PUBLIC, VALID, LETTERS):
        LEDGER.save(connection, topic, journey.ends(topic))
    journey.commit(PUBLIC)
    journey.commit(VALID)
    yield journey
    journey.close()


@pytest.fixture
def judge(kafka_broker: Broker, connection: psycopg.Connection) -> Iterator[Judge]:
    """Reconciles the channel, in one process unless it is started anew."""

    @contextmanager
    def transaction() -> Iterator[psycopg.Connection]:
        with connection.transaction():
            yield connection

    def started() -> Reconciliation:
        return Reconciliation(kafka_broker.kafka, transaction, LEDGER)

    running = started()

    def reconcile(*, limit: int | None = None, anew: bool = False) -> dict[str, Account]:
        nonlocal running
        if anew:
            running.close()
            running = started()
        return running.reconcile(SINK, limit=limit)

    yield reconcile
    running.close()


def events(count: int, user: str = "shopper") -> list[Interaction]:
    return [interaction(user, f"i{number}", "cart", NOW) for number in range(count)]


def missing(connection: psycopg.Connection) -> list[tuple[str, str | None]]:
    return [(each.topic, each.event_id) for each in LEDGER.missing_records(connection)]


def test_every_record_is_a_row_or_a_dead_letter_or_of_somebody_erased(
    journey: Journey, judge: Judge, connection: psycopg.Connection
) -> None:
    stored, unsinkable, verdict = events(3)
    (of_erased,) = events(1, "erased")
    values = [stored.encode(), unsinkable.encode(), of_erased.encode()]
    broken = [b"", b"[" * 100_000, stored.encode()[:-1], b'{"interaction_id": "\\ud800"}']
    offsets = journey.write(PUBLIC, *values, stored.encode(), *broken)
    for offset, value in zip(offsets[4:], broken, strict=True):
        journey.refuse(PUBLIC, offset, value)
    _, refused, *_ = journey.write(VALID, *values, stored.encode(), verdict.encode())
    for _ in range(2):
        journey.refuse(VALID, refused, unsinkable.encode())
    journey.store(stored, verdict)
    journey.erase("erased")
    journey.commit(PUBLIC)
    journey.commit(VALID)
    assert judge() == {
        PUBLIC.name: Counter(stored=2, dead_letter=5, erased=1),
        VALID.name: Counter(stored=3, dead_letter=1, erased=1),
    }
    assert missing(connection) == []


def test_an_event_without_a_row_is_missing_until_it_has_one(
    journey: Journey, judge: Judge, connection: psycopg.Connection
) -> None:
    stored, lost = events(2)
    journey.pass_on([stored, lost])
    journey.store(stored)
    journey.commit(VALID)
    expected = Counter(stored=1, missing=1)
    assert judge() == {PUBLIC.name: expected, VALID.name: expected}
    identifier = str(lost.interaction_id)
    assert missing(connection) == [(PUBLIC.name, identifier), (VALID.name, identifier)]
    judge()
    assert len(missing(connection)) == 2
    journey.store(lost)
    judge()
    assert missing(connection) == []


def test_an_event_that_the_processor_has_swallowed_is_missing(
    journey: Journey, judge: Judge, connection: psycopg.Connection
) -> None:
    (lost,) = events(1)
    journey.write(PUBLIC, lost.encode(), b"neither valid nor refused")
    journey.commit(PUBLIC)
    assert judge()[PUBLIC.name] == Counter(missing=2)
    assert missing(connection) == [(PUBLIC.name, str(lost.interaction_id)), (PUBLIC.name, None)]


def test_what_is_under_way_is_not_missing_and_is_judged_later(
    journey: Journey, judge: Judge, connection: psycopg.Connection
) -> None:
    sunk, first, second = events(3)
    journey.write(PUBLIC, sunk.encode())
    journey.commit(PUBLIC)
    (offset,) = journey.write(VALID, sunk.encode())
    journey.commit(VALID)
    journey.store(sunk)
    journey.pass_on([first, second])
    waiting = Counter(stored=1, under_way=2)
    assert judge() == {PUBLIC.name: waiting, VALID.name: waiting}
    assert missing(connection) == []
    # The sink has written the second one, in another task, and has committed neither.
    journey.store(second)
    assert judge()[VALID.name] == Counter(under_way=1, stored=1)
    journey.commit(VALID, offset + 2)
    assert judge()[VALID.name] == Counter(missing=1, stored=1)
    assert missing(connection) == [(VALID.name, str(first.interaction_id))]


def test_dead_letters_at_the_end_of_an_idle_partition_wait_for_nothing(
    journey: Journey, judge: Judge, connection: psycopg.Connection
) -> None:
    """Connect does not commit past them. The processor's commit comes after the sink's letter."""
    stored, refused = events(2)
    journey.write(PUBLIC, stored.encode(), refused.encode())
    _, last = journey.write(VALID, stored.encode(), refused.encode())
    journey.store(stored)
    journey.commit(VALID, last)
    journey.refuse(VALID, last, refused.encode())
    assert judge() == {VALID.name: Counter(stored=1, dead_letter=1), PUBLIC.name: Counter()}
    journey.commit(PUBLIC)
    assert judge() == {VALID.name: Counter(), PUBLIC.name: Counter(stored=1, dead_letter=1)}
    assert missing(connection) == []


def test_every_record_is_read_once_in_portions_whoever_goes_on(
    journey: Journey, judge: Judge, connection: psycopg.Connection
) -> None:
    given = events(7)
    journey.pass_on(given)
    journey.store(*given)
    journey.commit(VALID)
    rounds = [judge(limit=3, anew=number % 2 == 1) for number in range(6)]
    read = [each.get(VALID.name, Counter()).total() for each in rounds]
    assert read == [3, 3, 1, 0, 0, 0]
    read = [each.get(PUBLIC.name, Counter()).total() for each in rounds]
    assert read == [0, 0, 3, 3, 1, 0]
    assert missing(connection) == []


def test_judging_a_record_costs_no_more_than_validating_it_a_few_times(
    journey: Journey, judge: Judge
) -> None:
    given = events(3000)
    journey.pass_on(given)
    journey.store(*given)
    journey.commit(VALID)
    values = [each.encode() for each in given]
    began = time.process_time()
    for value in values * 2:
        Interaction.decode(value)
    validated = time.process_time()
    assert sum(account[Outcome.STORED] for account in judge().values()) == 6000
    judged = time.process_time()
    assert judged - validated < 10 * (validated - began)


def test_records_that_their_dead_letters_may_not_outlive_are_left_out(
    journey: Journey, judge: Judge, connection: psycopg.Connection
) -> None:
    old, new = events(2)
    journey.empty(PUBLIC)
    journey.write(PUBLIC, old.encode(), at=soon_forgotten())
    journey.write(PUBLIC, new.encode())
    journey.commit(PUBLIC)
    assert judge()[PUBLIC.name] == Counter(missing=1)
    assert missing(connection) == [(PUBLIC.name, str(new.interaction_id))]


def test_a_letter_that_names_no_record_stops_nothing(
    journey: Journey, judge: Judge, kafka_broker: Broker
) -> None:
    producer = Producer(kafka_broker.kafka.librdkafka)
    for topic, partition, offset in (
        (b"\xff", b"0", b"0"),
        (b"interactions", b"", b"0"),
        (b"interactions", b"99999999999", b"0"),
        (b"interactions", b"0", b"-1"),
        (b"interactions", b"0", b"9" * 30),
    ):
        said = {TOPIC: topic, PARTITION: partition, OFFSET: offset}
        producer.produce(LETTERS.name, b"{}", headers=[*said.items()])
    producer.produce(LETTERS.name, b"{}")
    producer.flush(10)
    (lost,) = events(1)
    journey.pass_on([lost])
    journey.commit(VALID)
    assert judge()[VALID.name] == Counter(missing=1)


def test_who_is_erased_is_forgotten_here_too(
    journey: Journey, judge: Judge, connection: psycopg.Connection
) -> None:
    (lost,) = events(1, "leaves")
    journey.pass_on([lost])
    journey.commit(VALID)
    judge()
    assert len(missing(connection)) == 2
    with connection.transaction():
        erasures.begin(connection)
        assert erasures.remove_events(connection, ["leaves"])["leaves"] == Counter(
            {"events.unstored_records": 2}
        )
        journey.erase("leaves")
    assert missing(connection) == []
    assert Outcome.MISSING not in judge()[VALID.name]


def test_the_processor_reconciles_as_its_own_role(
    journey: Journey, kafka_broker: Broker, url_of: UrlOf
) -> None:
    lost, refused = events(2)
    journey.pass_on([lost, refused])
    journey.refuse(VALID, journey.ends(VALID)[0] - 1, refused.encode())
    journey.commit(VALID)
    database = Database(url_of("processor"), connections=2, timeout=10)
    Reconciler(kafka_broker.kafka, database).reconcile()
    with database.connection() as connection:
        found = {each.event_id for each in LEDGER.missing_records(connection)}
        assert str(lost.interaction_id) in found
        assert str(refused.interaction_id) not in found
    database.close()
