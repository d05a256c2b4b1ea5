"""One batch of the processor, on a Kafka and a PostgreSQL of the tests' own."""

from datetime import UTC, datetime
from uuid import uuid4

import psycopg
import pytest

from streams.contracts import INTERACTIONS
from streams.database import Database
from streams.features.online import OnlineStore
from streams.processor.processing import Processing
from streams.publisher import Publisher
from streams.settings import ProcessorSettings
from support.broker import Broker
from support.interactions import interaction
from support.records import Record
from support.topics import records

pytestmark = pytest.mark.integration


def test_a_record_that_a_batch_has_twice_is_done_once(
    kafka_broker: Broker, database_url: str
) -> None:
    settings = ProcessorSettings(
        database_url=database_url, kafka_bootstrap_servers=kafka_broker.address
    )
    good = interaction(str(uuid4()), "i", "view", datetime.now(UTC)).encode()
    key = uuid4().hex
    batch = [
        Record("interactions", 0, offset, value, key.encode())
        for offset, value in enumerate((good, b"{", good, b"["))
    ]
    database = Database(database_url, connections=2, timeout=10)
    store = OnlineStore(settings)
    with Publisher(settings, timeout=10) as publisher:
        processing = Processing(settings, {"interactions": uuid4()}, publisher, database, store)
        processing.process(INTERACTIONS, [*batch[:2], *batch])
        processing.process(INTERACTIONS, batch)
    letters = records(settings, INTERACTIONS.dead_letters.name)
    assert [value for found, value in letters if found == key] == [b"{", b"["]
    valid = records(settings, INTERACTIONS.valid.name)
    assert [value for _, value in valid].count(good) == 2, "two records of one event, each once"
    with psycopg.connect(database_url) as connection:
        assert connection.execute("select next_offset from events.progress").fetchall() == [(4,)]
    store.close()
    database.close()
