"""The one producer on a real broker: many threads, a fork, records that Kafka refuses, its end."""

import ctypes
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import confluent_kafka
import pytest
from confluent_kafka import KafkaError, Producer

from streams.contracts import Topic
from streams.errors import PublishError, RecordRefusedError
from streams.provisioning import create_topics
from streams.publisher import Publisher
from streams.settings import KafkaSettings
from support.broker import Broker, limit_records
from support.topics import records

pytestmark = pytest.mark.integration

THREADS = 8


@pytest.fixture
def topic(kafka_broker: Broker) -> str:
    name = f"published-{uuid4().hex}"
    create_topics(kafka_broker.kafka, replicas=1, topics=[Topic(name, partitions=1)])
    return name


@pytest.fixture
def publisher(kafka_broker: Broker) -> Iterator[Publisher]:
    with Publisher(kafka_broker.kafka, timeout=10) as publisher:
        yield publisher


def values(kafka: KafkaSettings, topic: str) -> list[bytes]:
    return [value for _, value in records(kafka, topic)]


def polling_threads() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "kafka-poller"]


def per_second(publish: Callable[[], object], threads: int, calls: int) -> float:
    def work() -> None:
        for _ in range(calls):
            publish()

    started = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(work) for _ in range(threads)]:
            done.result()
    return threads * calls / (time.perf_counter() - started)


def test_threads_do_not_wait_for_each_others_acknowledgements(
    kafka_broker: Broker, publisher: Publisher, topic: str
) -> None:
    bare = Producer(publisher._configuration)

    def produce_and_flush() -> None:
        bare.produce(topic, b"x", b"user")
        bare.flush()

    def publish() -> None:
        publisher.publish(topic, [("user", b"x")])

    produce_and_flush()
    publish()
    ratios = [
        per_second(publish, THREADS, 100) / per_second(produce_and_flush, 1, 200) for _ in range(3)
    ]
    # Threads that poll for each other reach a sixth of what one thread does alone.
    assert statistics.median(ratios) > 0.35, ratios


def test_nothing_starts_before_the_first_record_and_closing_ends_it(
    kafka_broker: Broker, topic: str
) -> None:
    before = len(polling_threads())
    publisher = Publisher(kafka_broker.kafka)
    assert len(polling_threads()) == before
    assert publisher.publish(topic, [("u", b"1"), ("u", b"2")]) == 2
    assert len(polling_threads()) == before + 1
    publisher.close()
    assert len(polling_threads()) == before
    publisher.close()
    assert publisher.publish(topic, [("u", b"3")]) == 1, "a closed one starts again when needed"
    publisher.close()
    assert values(kafka_broker.kafka, topic) == [b"1", b"2", b"3"]


def test_what_a_call_gave_up_is_still_sent_when_the_publisher_is_closed(
    kafka_broker: Broker, topic: str
) -> None:
    publisher = Publisher(kafka_broker.kafka, timeout=20)
    publisher.publish(topic, [("u", b"first")])
    kafka_broker.freeze()
    started = time.monotonic()
    with pytest.raises(PublishError, match="no answer in time"):
        publisher.publish(topic, [("u", b"late")], timeout=0.05)
    assert time.monotonic() - started < 0.5
    kafka_broker.thaw()
    publisher.close()
    assert values(kafka_broker.kafka, topic) == [b"first", b"late"]


def test_a_forked_process_publishes_with_a_producer_of_its_own(
    kafka_broker: Broker, publisher: Publisher, topic: str
) -> None:
    publisher.publish(topic, [("u", b"parent")])
    child = os.fork()
    if child == 0:  # its exit status is all that it can report
        acknowledged = publisher.publish(topic, [("u", b"child")])
        publisher.close()
        os._exit(0 if acknowledged == 1 else 1)
    deadline = time.monotonic() + 20
    while (ended := os.waitpid(child, os.WNOHANG)) == (0, 0) and time.monotonic() < deadline:
        time.sleep(0.05)
    if ended == (0, 0):
        os.kill(child, 9)
    assert ended == (child, 0)
    publisher.publish(topic, [("u", b"parent again")])
    assert values(kafka_broker.kafka, topic) == [b"parent", b"child", b"parent again"]


def test_a_forked_process_ends_as_usual(kafka_broker: Broker, topic: str, tmp_path: Path) -> None:
    program = (
        "import gc, os, sys\n"
        "from streams.publisher import Publisher\n"
        "from streams.settings import KafkaSettings\n"
        f"publisher = Publisher(KafkaSettings(kafka_bootstrap_servers={kafka_broker.address!r}))\n"
        f"publisher.publish({topic!r}, [('u', b'1')])\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        f"    publisher.publish({topic!r}, [('u', b'2')])\n"
        "    gc.collect()\n"
        "    sys.exit(0)\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    assert os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", program]) == 0


def test_a_record_that_is_too_large_is_refused_and_the_others_arrive(
    kafka_broker: Broker, publisher: Publisher, topic: str
) -> None:
    with pytest.raises(RecordRefusedError, match="too large"):
        publisher.publish(topic, [("u", b"a"), ("u", bytes(2_000_000)), ("u", b"b")])
    assert values(kafka_broker.kafka, topic) == [b"a", b"b"]


def test_a_record_that_the_broker_finds_too_large_is_refused(
    kafka_broker: Broker, publisher: Publisher, topic: str
) -> None:
    limit_records(kafka_broker.kafka, topic, 1_000)
    with pytest.raises(RecordRefusedError, match="too large"):
        publisher.publish(topic, [("u", os.urandom(5_000))])
    assert publisher.publish(topic, [("u", b"small")]) == 1


def test_an_unknown_topic_may_appear_later_and_is_no_refusal(kafka_broker: Broker) -> None:
    with (
        Publisher(kafka_broker.kafka, timeout=1) as publisher,
        pytest.raises(PublishError) as failure,
    ):
        publisher.publish(f"missing-{uuid4().hex}", [("u", b"x")])
    assert not isinstance(failure.value, RecordRefusedError)


def break_for_good(publisher: Publisher) -> None:
    """What librdkafka does when the broker has lost the producer's sequence (KIP-360).

    confluent-kafka has no binding of rd_kafka_test_fatal_error; the handle is the first field of
    its object.
    """
    folder = Path(confluent_kafka.__file__).parents[1] / "confluent_kafka.libs"
    (library,) = folder.glob("librdkafka-*.so*")
    assert publisher._producer
    handle = id(publisher._producer._producer) + object.__basicsize__
    fail = ctypes.CDLL(str(library)).rd_kafka_test_fatal_error
    fail.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p]
    code = KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER
    assert fail(ctypes.c_void_p.from_address(handle).value, code, b"of the test") == 0


def test_a_call_that_meets_a_fatal_error_fails_and_the_next_one_works(
    kafka_broker: Broker, publisher: Publisher, topic: str
) -> None:
    publisher.publish(topic, [("u", b"before")])
    kafka_broker.kill()
    with ThreadPoolExecutor(1) as pool:
        failing = pool.submit(publisher.publish, topic, [("u", b"under way")])
        time.sleep(0.2)
        break_for_good(publisher)
        with pytest.raises(PublishError):
            failing.result()
    kafka_broker.start()
    assert publisher.publish(topic, [("u", b"after")]) == 1
    assert values(kafka_broker.kafka, topic)[-1] == b"after"


def test_a_fatal_error_between_two_calls_is_not_noticed(
    kafka_broker: Broker, publisher: Publisher, topic: str
) -> None:
    publisher.publish(topic, [("u", b"before")])
    for _ in range(3):
        break_for_good(publisher)
        assert publisher.publish(topic, [("u", b"after")]) == 1
    assert len(values(kafka_broker.kafka, topic)) == 4
