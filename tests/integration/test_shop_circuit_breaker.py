"""Who tries an unavailable Kafka, and who finds that it is back."""

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import pytest

from apps.storefront.events import repository
from apps.storefront.events.publishing import EventSender, kafka_breaker
from apps.storefront.events.relay import OutboxRelay
from streams.contracts import Interaction, InteractionType, new_id
from streams.database import Database
from streams.errors import PublishError
from support.shop import outbox

pytestmark = pytest.mark.integration

PAUSE = 0.5


class Kafka:
    """A broker that can be switched off."""

    def __init__(self) -> None:
        self.is_available = True
        self.attempts = 0
        self.records: list[bytes] = []

    def publish(self, topic: str, records: Iterable[tuple[str, bytes]]) -> int:
        self.attempts += 1
        if not self.is_available:
            raise PublishError("switched off")
        values = [value for _, value in records]
        self.records += values
        return len(values)


class Shop:
    def __init__(self, database_url: str) -> None:
        self.kafka = Kafka()
        self.database = Database(database_url, connections=4, timeout=3)
        breaker = kafka_breaker(PAUSE)
        self.sender = EventSender(self.database, self.kafka, breaker)
        self.relay = OutboxRelay(self.database, self.kafka, breaker, self.sender.stored)

    def view(self) -> None:
        self.sender.send(
            Interaction(
                interaction_id=new_id(),
                user_id="u",
                item_id="i",
                timestamp=datetime.now(UTC),
                interaction_type=InteractionType.VIEW,
            )
        )


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_after_a_failure_pages_leave_kafka_alone_until_the_relay_has_emptied_the_outbox(
    database_url: str,
) -> None:
    shop = Shop(database_url)
    shop.view()
    assert (shop.sender.kafka_answers, outbox(database_url)) == (True, [])
    shop.kafka.is_available = False
    for _ in range(3):
        shop.view()
    assert shop.kafka.attempts == 2, "one page alone has tried"
    time.sleep(2 * PAUSE)
    shop.view()
    assert shop.kafka.attempts == 2, "a page must not be the one that waits for Kafka"
    assert len(outbox(database_url)) == 4

    shop.relay.start()
    until(lambda: shop.kafka.attempts >= 3)
    assert not shop.sender.kafka_answers, "the relay has tried in vain"
    shop.kafka.is_available = True
    until(lambda: shop.sender.kafka_answers)
    assert outbox(database_url) == []
    assert len(shop.kafka.records) == 5
    shop.relay.stop()


def test_a_relay_that_could_not_try_closes_nothing(database_url: str) -> None:
    shop = Shop(database_url)
    shop.kafka.is_available = False
    shop.view()
    shop.kafka.is_available = True
    with shop.database.connection() as connection:
        assert repository.lock(connection), "another relay is at work"
        shop.relay.start()
        time.sleep(4 * PAUSE)
        assert not shop.sender.kafka_answers
    until(lambda: shop.sender.kafka_answers)
    shop.relay.stop()
