"""The shop on a database of its own, while Kafka is unavailable and when it is back."""

import threading
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from confluent_kafka import Consumer
from psycopg import sql
from sqlalchemy import make_url

from apps.migrations.upgrade import upgrade
from apps.storefront.catalog.repository import upsert_products
from apps.storefront.events import repository
from apps.storefront.events.publishing import kafka_breaker
from apps.storefront.events.relay import OutboxRelay
from apps.storefront.services import Services
from streams.contracts import INTERACTIONS, Interaction, Product
from streams.database import Database
from streams.publisher import Publisher
from streams.settings import KafkaSettings
from support.shop import NOBODY, ListOf, interactions, outbox, shop, sign_up, stock, submit

pytestmark = pytest.mark.integration


@pytest.fixture
def own_database(stack: Any) -> Iterator[str]:
    """A fresh database, whose outbox no running shop empties."""
    name = f"outbox_{uuid4().hex[:8]}"
    url = make_url(stack.database_url).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    upgrade(url)
    yield url
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def products(own_database: str) -> list[Product]:
    return stock(own_database)


def relay(database_url: str, kafka: str) -> OutboxRelay:
    database = Database(database_url, connections=2, timeout=3)
    breaker = kafka_breaker(5)
    publisher = Publisher(KafkaSettings(kafka_bootstrap_servers=kafka), timeout=10)
    return OutboxRelay(database, publisher, breaker, threading.Event(), timeout=10)


def interactions_of(kafka: str, user_id: str, count: int) -> list[Interaction]:
    consumer = Consumer(
        {
            "bootstrap.servers": kafka,
            "group.id": f"test-{uuid4()}",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    consumer.subscribe([INTERACTIONS.public.name])
    found: list[Interaction] = []
    for _ in range(60):
        batch = consumer.consume(1000, 0.5)
        found += [
            Interaction.decode(message.value())
            for message in batch
            if message.key() == user_id.encode()
        ]
        if len(found) >= count:
            break
    consumer.close()
    return found


def test_without_kafka_pages_answer_nothing_is_lost_and_the_ids_stay(
    own_database: str, products: list[Product], stack: Any
) -> None:
    client = shop(own_database, NOBODY, ListOf("p1")).test_client()
    sign_up(client)
    client.get("/products/p3")
    started = time.monotonic()
    assert client.get("/products/p0?from=home&pos=0&v=v7").status_code == 200
    assert submit(client, "/cart", {"item_id": "p0", "quantity": 2}).status_code == 302
    assert submit(client, "/orders").status_code == 302
    assert submit(client, "/reviews", {"item_id": "p0", "rating": "4.5"}).status_code == 302
    assert submit(client, "/orders/now", {"item_id": "p1"}).status_code == 302
    assert time.monotonic() - started < 1.0, "no page waits for an unavailable Kafka"

    waiting = outbox(own_database)
    assert [topic for _, topic, _ in waiting] == ["new-users", *["interactions"] * 6]
    stored = [Interaction.model_validate_json(payload) for _, _, payload in waiting[1:]]
    assert [event.interaction_type.value for event in stored] == [
        "view", "view", "cart", "purchase", "rate", "purchase",
    ]  # fmt: skip
    assert [str(event.interaction_id) for event in stored] == [
        event_id for event_id, _, _ in waiting[1:]
    ]

    assert relay(own_database, stack.kafka_bootstrap_servers).drain() == 7
    assert outbox(own_database) == []
    assert interactions_of(stack.kafka_bootstrap_servers, stored[0].user_id, 6) == stored


def test_an_order_is_sent_by_the_relay_as_soon_as_it_is_placed(
    own_database: str, products: list[Product], stack: Any
) -> None:
    app = shop(own_database, stack.kafka_bootstrap_servers, ListOf())
    client = app.test_client()
    sign_up(client)
    with app.app_context():
        running = Services.of_this_app().relay
    assert submit(client, "/orders/now", {"item_id": "p2", "quantity": 3}).status_code == 302
    topics = [topic for _, topic, _ in outbox(own_database)]
    assert topics == ["new-users", "interactions"], "each was written with what it tells"
    running.start()
    deadline = time.monotonic() + 10
    while outbox(own_database) and time.monotonic() < deadline:
        time.sleep(0.05)
    running.stop()
    assert outbox(own_database) == []


def test_an_order_is_rolled_back_with_its_events(
    own_database: str, products: list[Product]
) -> None:
    client = shop(own_database, NOBODY, ListOf()).test_client()
    sign_up(client)
    with psycopg.connect(own_database) as connection:
        connection.execute("drop table shop.outbox")
    assert submit(client, "/orders/now", {"item_id": "p2"}).status_code == 500
    with psycopg.connect(own_database) as connection:
        assert connection.execute("select count(*) from shop.orders").fetchone() == (0,)


def test_only_one_relay_works_at_a_time(own_database: str, products: list[Product]) -> None:
    waiting = relay(own_database, NOBODY)
    with psycopg.connect(own_database) as connection:
        assert repository.lock(connection)
        assert waiting.drain() is None


def test_recommended_items_that_are_no_longer_sold_are_skipped(
    own_database: str, products: list[Product]
) -> None:
    client = shop(own_database, NOBODY, ListOf("gone", "p3", "lost", "p0")).test_client()
    page = client.get("/recommendations").text
    assert 'data-source="precomputed"' in page
    assert page.index("Product 3") < page.index("Product 0")
    assert "from=recommendations&amp;pos=1&amp;v=v7" in page


def test_if_nothing_recommended_is_sold_the_newest_are_shown_and_named_so(
    own_database: str, products: list[Product]
) -> None:
    page = shop(own_database, NOBODY, ListOf("gone")).test_client().get("/recommendations").text
    assert 'data-source="newest"' in page
    assert page.index("Product 3") < page.index("Product 2")


def test_a_product_that_comes_again_is_brought_up_to_date_and_keeps_its_reviews(
    own_database: str, products: list[Product]
) -> None:
    client = shop(own_database, NOBODY, ListOf()).test_client()
    sign_up(client)
    submit(client, "/reviews", {"item_id": "p0", "rating": "2"})
    changed = products[0].model_copy(
        update={"product_name": "Renamed", "rating": 4.0, "rating_count": 1}
    )
    with psycopg.connect(own_database) as connection:
        assert upsert_products(connection, [products[0], changed]) == 1
        row = connection.execute(
            "select product_name, stars, stars_count from shop.products where item_id = 'p0'"
        ).fetchone()
    assert row == ("Renamed", 3.0, 2)


def test_a_sample_shopper_is_adopted_but_nobody_with_a_password_can_be_played(
    own_database: str, products: list[Product]
) -> None:
    app = shop(own_database, NOBODY, ListOf())
    sign_up(app.test_client())
    with psycopg.connect(own_database) as connection:
        connection.execute("insert into events.new_users values ('s1', 'Sam', 'Books|Pets', now())")
        connection.execute(
            "insert into events.new_users"
            " select user_id, user_name, '', signup_date from shop.users"
        )
        owner = connection.execute("select user_id from shop.users").fetchone()
    assert owner
    client = app.test_client()
    offered = client.get("/log-in").text
    assert 'value="s1"' in offered
    assert owner[0] not in offered
    assert submit(client, "/log-in/sample", {"user_id": owner[0]}).status_code == 404
    assert submit(client, "/log-in/sample", {"user_id": "s1"}).status_code == 302
    assert "Sam" in client.get("/").text
    client.get("/products/p0")
    assert [event.user_id for event in interactions(own_database)] == ["s1"]


def test_at_most_99_pieces_of_a_product_are_in_a_cart(
    own_database: str, products: list[Product]
) -> None:
    client = shop(own_database, NOBODY, ListOf()).test_client()
    sign_up(client)
    for _ in range(3):
        submit(client, "/cart", {"item_id": "p0", "quantity": 60})
    with psycopg.connect(own_database) as connection:
        assert connection.execute("select quantity from shop.cart_lines").fetchone() == (99,)
    added = [event.quantity for event in interactions(own_database)]
    assert added == [60, 39], "only what was really added is published"
