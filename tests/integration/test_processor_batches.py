"""One batch of the processor, on a Kafka and a PostgreSQL of the tests' own."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import psycopg
import pytest

from streams.contracts import INTERACTIONS
from streams.database import Database
from streams.errors import RestoredDatabaseError
from streams.features.online import OnlineStore
from streams.processor.processing import Processing
from streams.publisher import Publisher
from streams.settings import ProcessorSettings
from support.broker import Broker
from support.interactions import interaction
from support.records import Record
from support.topics import records

pytestmark = pytest.mark.integration


@pytest.fixture
def settings(kafka_broker: Broker, database_url: str) -> ProcessorSettings:
    return ProcessorSettings(
        database_url=database_url, kafka_bootstrap_servers=kafka_broker.address
    )


@pytest.fixture
def processing(settings: ProcessorSettings) -> Iterator[Processing]:
    database = Database(settings.database_url, connections=2, timeout=10)
    store = OnlineStore(settings)
    with Publisher(settings, timeout=10) as publisher:
        yield Processing(settings, {"interactions": uuid4()}, publisher, database, store)
    store.close()
    database.close()


def test_a_record_that_a_batch_has_twice_is_done_once(
    settings: ProcessorSettings, processing: Processing
) -> None:
    key = str(uuid4())
    good = interaction(key, "i", "view", datetime.now(UTC)).encode()
    batch = [
        Record("interactions", 0, offset, value, key.encode())
        for offset, value in enumerate((good, b"{", good, b"["))
    ]
    processing.process(INTERACTIONS, [*batch[:2], *batch])
    processing.process(INTERACTIONS, batch)
    letters = records(settings, INTERACTIONS.dead_letters.name)
    assert [value for found, value in letters if found == key] == [b"{", b"["]
    valid = records(settings, INTERACTIONS.valid.name)
    assert [value for _, value in valid].count(good) == 2, "two records of one event, each once"
    assert processing.next_offsets([("interactions", 0)]) == {("interactions", 0): 4}


def test_a_worker_does_not_go_on_above_a_database_that_was_restored(
    settings: ProcessorSettings, processing: Processing
) -> None:
    events = [interaction(str(uuid4()), "i", "cart", datetime.now(UTC)) for _ in range(6)]
    batch = [Record("interactions", 0, n, e.encode(), e.key.encode()) for n, e in enumerate(events)]
    processing.process(INTERACTIONS, batch[:4])
    with psycopg.connect(settings.database_url, autocommit=True) as connection:
        connection.execute("update events.progress set next_offset = 2")
        with pytest.raises(RestoredDatabaseError, match="interactions-0: next is 2, but 4 was"):
            processing.process(INTERACTIONS, batch[4:])
    assert processing.next_offsets([("interactions", 0)]) == {("interactions", 0): 2}
