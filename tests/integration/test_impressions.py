"""Impressions from the page into PostgreSQL, through the real processor, Kafka and Connect."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from apps.local.event_progress import EventTracker
from apps.storefront.services import Services
from streams.contracts import IMPRESSIONS, Impression, new_id
from streams.contracts.impression import MAX_SHOWN
from streams.lag import Lag
from support.docs.pages import page
from support.publishing import publish_records
from support.shop import ListOf, shop, sign_up, stock

pytestmark = pytest.mark.integration

LONG_AGO = datetime(2024, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def arrive(stack: Any) -> Iterator[Callable[[], None]]:
    tracker = EventTracker(stack.kafka, stack.database_url)
    yield lambda: tracker.wait_until_stored(60, lambda _: None)
    tracker.close()


def impression(*item_ids: str, **fields: Any) -> Impression:
    named: dict[str, Any] = {
        "impression_id": new_id(),
        "user_id": "shown",
        "timestamp": LONG_AGO,
        "surface": "home",
        "item_ids": item_ids,
        "first_position": 0,
        **fields,
    }
    return Impression(**named)


def rows(stack: Any, user_id: str) -> list[Impression]:
    with psycopg.connect(stack.database_url, row_factory=dict_row) as connection:
        found = connection.execute(
            "select * from events.impressions where user_id = %s order by impression_id", [user_id]
        ).fetchall()
    return [Impression(**{**row, "item_ids": tuple(row["item_ids"])}) for row in found]


def until_kafka_answers(services: Services) -> None:
    deadline = time.monotonic() + 30
    while not services.events.kafka_answers:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_an_impression_becomes_a_row_with_every_field_and_once(
    stack: Any, arrive: Callable[[], None]
) -> None:
    sent = [
        impression("i1", "i2", "i3", session_id="s", model_version="v1", experiment="e"),
        impression("i1", first_position=48),
        impression('say "{a,b}"', "'; --", "NULL", "\\", "Größe ✓ 😀", " ", ","),
        impression(*(f"{number:0128}" for number in range(MAX_SHOWN))),
    ]
    broken = sent[0].encode().replace(b'["i1","i2","i3"]', b'"i1,i2,i3"')
    lag = Lag(stack.kafka)
    before = lag.records(IMPRESSIONS.dead_letters)
    values = [each.encode() for each in (*sent, *sent)]
    publish_records(
        stack.kafka, IMPRESSIONS.public.name, [("shown", value) for value in (broken, *values)]
    )
    arrive()
    assert rows(stack, "shown") == sent
    assert lag.records(IMPRESSIONS.dead_letters) - before == 1
    lag.close()


def test_what_the_shop_shows_arrives_though_kafka_pauses_and_can_be_joined_with_views(
    stack: Any, arrive: Callable[[], None]
) -> None:
    stock(stack.database_url)
    app = shop(stack.database_url, stack.kafka_bootstrap_servers, recommender=ListOf("p2", "p0"))
    with app.app_context():
        services = Services.of_this_app()
    services.relay.start()
    services.impressions.start()
    client = app.test_client()
    sign_up(client)
    until_kafka_answers(services)
    client.get("/")
    services.events._breaker.open()  # as a page does that Kafka has not answered in time
    client.get("/recommendations")
    client.get("/products/p0?from=home&pos=1&v=v7")
    until_kafka_answers(services)
    services.impressions.stop()
    services.relay.stop()
    arrive()
    with psycopg.connect(stack.database_url) as connection:
        (user_id,) = connection.execute(
            "select user_id from shop.users order by signup_date desc limit 1"
        ).fetchone() or [""]
        (query,) = [
            block.text for block in page("docs/events.md").blocks if block.language == "sql"
        ]
        own = query.replace("group by", "where shown.user_id = %s group by")
        clicked = connection.execute(own.encode(), [user_id]).fetchall()
    assert {each.surface for each in rows(stack, user_id)} == {"home", "new", "recommendations"}
    assert [row for row in clicked if row[0] == "home"] == [
        ("home", "v7", 0, 1, 0),
        ("home", "v7", 1, 1, 1),
    ]
    assert sum(row[4] for row in clicked) == 1
