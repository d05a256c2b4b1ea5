"""The outbox and its relay: what leaves, in which order, and what does not."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import uuid4

import psycopg
import pytest
from flask import Flask

from apps.storefront.events import repository
from apps.storefront.events.publishing import kafka_breaker
from apps.storefront.events.relay import OutboxRelay
from apps.storefront.events.repository import Record
from streams.contracts import INTERACTIONS, NEW_USERS, NewUser, new_id
from streams.database import Database
from streams.errors import PublishError
from streams.publisher import Publisher
from support.broker import Broker, default_records, limit_records
from support.shop import outbox, shop, sign_up, submit
from support.topics import records

pytestmark = pytest.mark.integration

TOPIC = INTERACTIONS.public.name


@contextmanager
def relaying(database_url: str, broker: Broker) -> Iterator[OutboxRelay]:
    database = Database(database_url, connections=2, timeout=3)
    with Publisher(broker.kafka, timeout=5) as publisher:
        relay = OutboxRelay(database, publisher, kafka_breaker(1), threading.Event(), timeout=5)
        yield relay
        relay.stop()
    database.close()


def store(database_url: str, *waiting: Record) -> None:
    with psycopg.connect(database_url) as connection:
        repository.add(connection, waiting)


def record(user: str, payload: str, topic: str = TOPIC) -> Record:
    return Record(new_id(), topic, user, payload)


def payloads(broker: Broker, user: str, topic: str = TOPIC) -> list[str]:
    return [value.decode() for key, value in records(broker.kafka, topic) if key == user]


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_records_leave_in_the_order_in_which_they_were_stored(
    database_url: str, kafka_broker: Broker
) -> None:
    user = uuid4().hex
    numbered = [record(user, str(number)) for number in range(1200)]
    store(database_url, *numbered[:700])
    store(database_url, *numbered[700:])
    with relaying(database_url, kafka_broker) as relay:
        assert relay.drain() == 1200
    assert payloads(kafka_broker, user) == [str(number) for number in range(1200)]
    assert outbox(database_url) == []


def test_a_record_that_is_too_large_is_set_aside_and_the_others_leave(
    database_url: str, kafka_broker: Broker
) -> None:
    user = uuid4().hex
    large = record(user, "x" * 2_000_000)
    store(database_url, record(user, "before"), large, record(user, "after"))
    with relaying(database_url, kafka_broker) as relay:
        assert relay.drain() == 2
        assert relay.drain() == 0, "a record that is set aside is not tried again"
    assert payloads(kafka_broker, user)[-2:] == ["before", "after"]
    with psycopg.connect(database_url) as connection:
        assert repository.backlog(connection) == repository.Backlog(0, 0.0, 1)
        kept = connection.execute("select event_id, refusal from shop.outbox").fetchall()
    assert [event_id for event_id, _ in kept] == [large.event_id]
    assert "too large" in kept[0][1]


def test_records_that_the_broker_refuses_together_leave_one_by_one(
    database_url: str, kafka_broker: Broker
) -> None:
    user = uuid4().hex
    limit_records(kafka_broker.kafka, TOPIC, 1_000)
    try:
        numbered = [record(user, f"{number} {uuid4().hex * 5}") for number in range(40)]
        store(database_url, *numbered, record(user, "".join(uuid4().hex for _ in range(100))))
        with relaying(database_url, kafka_broker) as relay:
            assert relay.drain() == 40
    finally:
        default_records(kafka_broker.kafka, TOPIC)
    assert payloads(kafka_broker, user)[-40:] == [each.payload for each in numbered]
    with psycopg.connect(database_url) as connection:
        assert repository.backlog(connection) == repository.Backlog(0, 0.0, 1)


def test_a_topic_that_takes_nothing_does_not_keep_back_the_others(
    database_url: str, kafka_broker: Broker
) -> None:
    user = uuid4().hex
    stuck = [record(user, str(number), "no-such-topic") for number in range(600)]
    store(database_url, *stuck, record(user, "good"))
    with relaying(database_url, kafka_broker) as relay, pytest.raises(PublishError):
        relay.drain()
    assert payloads(kafka_broker, user) == ["good"]
    assert len(outbox(database_url)) == 600


def test_several_relays_keep_the_order_of_each_user_while_kafka_comes_and_goes(
    database_url: str, kafka_broker: Broker
) -> None:
    users = [uuid4().hex for _ in range(5)]

    def write(user: str) -> None:
        for number in range(150):
            store(database_url, record(user, str(number)))
            time.sleep(0.04)

    with (
        relaying(database_url, kafka_broker) as first,
        relaying(database_url, kafka_broker) as second,
        relaying(database_url, kafka_broker) as third,
        ThreadPoolExecutor(len(users)) as writers,
    ):
        for relay in (first, second, third):
            relay.start()
        writing = [writers.submit(write, user) for user in users]
        time.sleep(1.5)
        kafka_broker.kill()
        time.sleep(1)
        kafka_broker.start()
        for each in writing:
            each.result()
        until(lambda: outbox(database_url) == [])
    for user in users:
        arrived = [int(payload) for payload in payloads(kafka_broker, user)]
        # What was under way when Kafka failed may be there twice; the last copies are in order.
        last = {number: place for place, number in enumerate(arrived)}
        assert sorted(last) == list(range(150))
        assert [number for number, _ in sorted(last.items(), key=lambda item: item[1])] == sorted(
            last
        )


@contextmanager
def held_form(database_url: str, form_id: object) -> Iterator[psycopg.Connection]:
    """Another submission of the form that has not come to an end: this one waits for it."""
    with psycopg.connect(database_url) as connection:
        connection.execute("insert into shop.submissions (form_id) values (%s)", (form_id,))
        yield connection
        connection.rollback()


def preferences(app: Flask, database_url: str) -> tuple[list[str], list[str]]:
    """The preferences of the only shopper, as the shop and as the events have them."""
    with psycopg.connect(database_url) as connection:
        (kept,) = connection.execute("select preferences from shop.users").fetchone() or ([],)
    events = [
        NewUser.decode(payload.encode())
        for _, topic, payload in outbox(database_url)
        if topic == NEW_USERS.public.name
    ]
    return kept, events[-1].preferences.split("|")


@pytest.mark.parametrize("chosen", ["Toys", "Books"], ids=["new", "as before"])
def test_the_preferences_that_win_in_the_shop_win_on_the_topic(stocked: str, chosen: str) -> None:
    """The form that began first acts last: its event is the last one too."""
    app = shop(stocked)
    client = app.test_client()
    sign_up(client)  # likes Books
    cookie = client.get_cookie("shop")
    assert cookie
    other = app.test_client()
    other.set_cookie("shop", cookie.value)
    form_id = new_id()
    with ThreadPoolExecutor(1) as thread:
        with held_form(stocked, form_id):
            first = thread.submit(
                submit, client, "/preferences", {"preferences": [chosen]}, form_id
            )
            with psycopg.connect(stocked) as connection:
                waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
                until(lambda: connection.execute(waiting).fetchone() == (1,))
                connection.rollback()
            assert submit(other, "/preferences", {"preferences": ["Pets"]}).status_code == 302
        assert first.result().status_code == 302
    assert preferences(app, stocked) == ([chosen], [chosen])


def test_an_order_of_several_lines_leaves_in_the_order_of_its_events(stocked: str) -> None:
    """All events of one transaction have the same time; their order must not depend on it."""
    with psycopg.connect(stocked) as connection:
        batch = [record("u", str(number)) for number in range(50)]
        shuffled = [Record(uuid4(), each.topic, each.key, each.payload) for each in batch]
        repository.add(connection, shuffled)
        assert [each.payload for each in repository.oldest(connection, 50)] == [
            str(number) for number in range(50)
        ]


@pytest.mark.parametrize(
    ("path", "data", "topic"),
    [
        ("/cart", {"item_id": "p0"}, TOPIC),
        ("/cart/quantity", {"item_id": "p1", "quantity": 3}, TOPIC),
        ("/orders", {}, TOPIC),
        ("/orders/now", {"item_id": "p0"}, TOPIC),
        ("/reviews", {"item_id": "p0", "rating": "4"}, TOPIC),
        ("/preferences", {"preferences": ["Toys"]}, NEW_USERS.public.name),
    ],
)
def test_what_changes_the_shop_is_rolled_back_with_its_event(
    stocked: str, path: str, data: dict[str, object], topic: str
) -> None:
    client = shop(stocked).test_client()
    sign_up(client)
    submit(client, "/cart", {"item_id": "p1"})
    before = outbox(stocked)
    with psycopg.connect(stocked) as connection:
        tables = ("users", "cart_lines", "orders", "reviews")
        state = [connection.execute(f"select * from shop.{each}").fetchall() for each in tables]
        connection.execute("alter table shop.outbox add check (false) not valid")
    assert submit(client, path, data).status_code == 500
    with psycopg.connect(stocked) as connection:
        assert state == [
            connection.execute(f"select * from shop.{each}").fetchall() for each in tables
        ]
        connection.execute("alter table shop.outbox drop constraint outbox_check")
    assert submit(client, path, data).status_code == 302
    assert [each for _, each, _ in outbox(stocked)[len(before) :]] == [topic]


def test_a_sign_up_is_rolled_back_with_its_event(stocked: str) -> None:
    with psycopg.connect(stocked) as connection:
        connection.execute("alter table shop.outbox add check (false)")
    form = {"user_name": "Ada", "email": "ada@example.org", "password": "a tidy engine"}
    assert submit(shop(stocked).test_client(), "/sign-up", form).status_code == 500
    with psycopg.connect(stocked) as connection:
        assert connection.execute("select count(*) from shop.users").fetchone() == (0,)


def test_the_relays_query_reads_no_more_than_it_needs(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "insert into shop.outbox (event_id, topic, key, payload, created_at)"
            " select gen_random_uuid(), 'interactions', 'u', '{}', %s"
            " from generate_series(1, 20000)",
            (datetime.now(UTC),),
        )
        connection.execute("analyze shop.outbox")
        plan = connection.execute(
            "explain select event_id, topic, key, payload from shop.outbox"
            " where refusal is null and topic <> all('{}') order by position limit 500"
        ).fetchall()
    assert "outbox_waiting" in str(plan)
    assert "Sort" not in str(plan)
