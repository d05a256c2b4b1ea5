"""Erasures in a real PostgreSQL and Feast: what is written at the same time, and afterwards."""

import threading
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from streams import erasures
from streams.contracts import ERASURES, INTERACTIONS, DeadLetter, Erasure, Interaction, new_id
from streams.database import Database
from streams.features.online import OnlineStore
from streams.processor.processing import Processing
from streams.publisher import Publisher
from streams.settings import ProcessorSettings
from streams.sink.connectors import SINKS
from support.interactions import interaction
from support.records import keyed
from support.shop import PASSWORD, outbox, sign_up, submit

pytestmark = pytest.mark.integration

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SUNK = """
insert into events.interactions (interaction_id, user_id, item_id, timestamp, interaction_type)
values (%s, %s, 'i', now(), 'view')
on conflict (interaction_id) do update set item_id = excluded.item_id
"""


class Outputs(Publisher):
    """A publisher that keeps what it is given."""

    def __init__(self) -> None:
        self.records: list[tuple[str, str]] = []

    def publish(
        self, topic: str, records: Iterable[tuple[str, bytes]], *, timeout: float | None = None
    ) -> int:
        self.records += (taken := [(topic, key) for key, _ in records])
        return len(taken)

    def publish_dead_letters(self, topic: str, letters: Iterable[DeadLetter]) -> int:
        assert not list(letters)
        return 0


@pytest.fixture
def outputs() -> Outputs:
    return Outputs()


@pytest.fixture
def processing(database_url: str, outputs: Outputs) -> Iterator[Processing]:
    settings = ProcessorSettings(database_url=database_url, kafka_bootstrap_servers="127.0.0.1:1")
    database, online_store = Database(database_url, connections=3, timeout=5), OnlineStore(settings)
    ids = {"interactions": uuid4(), "erasures": uuid4()}
    yield Processing(settings, ids, outputs, database, online_store)
    online_store.close()
    database.close()


def view(user_id: str) -> Interaction:
    return interaction(user_id, "i", "view", NOW)


def erasure(user_id: str, erasure_id: UUID | None = None) -> Erasure:
    return Erasure(erasure_id=erasure_id or new_id(), user_id=user_id, timestamp=NOW)


def rows(database_url: str, table: str) -> list[str]:
    with psycopg.connect(database_url) as connection:
        return [
            user_id
            for (user_id,) in connection.execute(f"select user_id from {table} order by user_id")
        ]


def test_late_events_are_dropped_and_those_of_others_stay(
    processing: Processing, outputs: Outputs, database_url: str
) -> None:
    both = [view("gone").encode(), view("stays").encode()]
    processing.process(INTERACTIONS, [
        keyed("interactions", offset, value) for offset, value in enumerate(both)
    ])  # fmt: skip
    with psycopg.connect(database_url) as connection:
        for user_id in ("gone", "stays"):
            connection.execute(SUNK, [uuid4(), user_id])
    processing.process(ERASURES, [keyed("erasures", 0, erasure("gone").encode())])
    processing.process(INTERACTIONS, [
        keyed("interactions", 2 + offset, value) for offset, value in enumerate(both)
    ])  # fmt: skip
    with psycopg.connect(database_url) as connection:
        connection.execute(SUNK, [uuid4(), "gone"])
        found = erasures.find(connection, "gone")
    assert outputs.records == [
        ("interactions-valid", "gone"), ("interactions-valid", "stays"),
        ("erasures-valid", "gone"), ("interactions-valid", "stays"),
    ]  # fmt: skip
    for table in ("interactions", "sessions", "session_events"):
        assert rows(database_url, f"events.{table}") == ["stays"]
    assert found
    assert found.removed == {
        "events.interactions": 1, "events.sessions": 1, "events.session_events": 1,
        "feast.live_history": 1,
    }  # fmt: skip


def test_an_erasure_that_comes_again_keeps_its_first_figures(
    processing: Processing, database_url: str
) -> None:
    processing.process(INTERACTIONS, [keyed("interactions", 0, view("gone").encode())])
    value = erasure("gone").encode()
    for offset in range(2):
        processing.process(ERASURES, [keyed("erasures", offset, value)])
    with psycopg.connect(database_url) as connection:
        found = erasures.find(connection, "gone")
    assert found
    assert found.removed["events.sessions"] == 1


def test_an_erasure_waits_for_who_is_writing_and_finds_their_rows(
    processing: Processing, database_url: str
) -> None:
    """A sink's batch, and a batch or a publication that holds erasures off."""
    done = threading.Event()

    def erase() -> None:
        processing.process(ERASURES, [keyed("erasures", 0, erasure("gone").encode())])
        done.set()

    with psycopg.connect(database_url) as writer, psycopg.connect(database_url) as holder:
        writer.execute(SUNK, [uuid4(), "gone"])
        assert erasures.hold_off(holder, ["gone"]) == set()
        thread = threading.Thread(target=erase)
        thread.start()
        assert not done.wait(0.5)
        writer.commit()
        assert not done.wait(0.5)
        holder.commit()
        assert done.wait(10)
        assert erasures.hold_off(holder, ["gone", "stays"]) == {"gone"}
    thread.join()
    assert rows(database_url, "events.interactions") == []


def test_who_is_erased_while_the_sink_writes_leaves_nothing(
    processing: Processing, database_url: str
) -> None:
    """A statement of many rows, half of them of the erased user, that began before the erasure."""
    many = (
        "insert into events.interactions"
        " (interaction_id, user_id, item_id, timestamp, interaction_type)"
        " select gen_random_uuid(), case n % 2 when 0 then 'gone' else 'stays' end, 'i', now(),"
        " 'view' from generate_series(1, 1000) n"
    )
    with psycopg.connect(database_url) as writer, psycopg.connect(database_url) as eraser:
        erasures.begin(eraser)
        thread = threading.Thread(target=lambda: writer.execute(many))
        thread.start()
        time.sleep(0.5)
        assert thread.is_alive(), "it waits for the erasure"
        erasures.note(eraser, new_id(), "gone", {})
        eraser.commit()
        thread.join()
        writer.execute(many)
        writer.execute(SUNK, [uuid4(), "gone"])
    assert rows(database_url, "events.interactions") == ["stays"] * 1000


def test_the_sink_may_write_and_not_delete(database_url: str) -> None:
    """`remove_erased_users` deletes for it."""
    with psycopg.connect(database_url) as connection:
        erasures.note(connection, new_id(), "gone", {})
        connection.execute("create role sink_like")
        connection.execute("grant usage on schema events to sink_like")
        connection.execute("grant insert on events.interactions to sink_like")
        connection.execute("set role sink_like")
        connection.execute(SUNK.split("on conflict", maxsplit=1)[0], [uuid4(), "gone"])
        with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
            connection.execute("delete from events.interactions")
        connection.execute("reset role")
        assert connection.execute("select count(*) from events.interactions").fetchone() == (0,)
        connection.rollback()


def test_every_table_of_the_sink_is_erased_from_and_skips_who_was_erased(
    database_url: str,
) -> None:
    with psycopg.connect(database_url) as connection:
        skipping = connection.execute(
            "select 'events.' || relname from pg_trigger join pg_class on pg_class.oid = tgrelid"
            " where tgname in ('hold_off_erasures', 'remove_erased_users')"
            " group by relname having count(*) = 2"
        ).fetchall()
        with_users = connection.execute(
            "select table_name from information_schema.columns"
            " where table_schema = 'events' and column_name = 'user_id'"
        ).fetchall()
    assert {name for (name,) in skipping} == {sink.table for sink in SINKS}
    assert {name for (name,) in with_users} == set(erasures._TABLES)


def stars(database_url: str) -> tuple[int, float] | None:
    with psycopg.connect(database_url) as connection:
        return connection.execute(
            "select review_count, review_total from shop.products where item_id = 'p1'"
        ).fetchone()


def stated_years(database_url: str) -> set[int | None]:
    with psycopg.connect(database_url) as connection:
        found = connection.execute("select birth_year from shop.users").fetchall()
    return {year for (year,) in found}


def test_a_year_of_birth_stays_in_the_account(client: FlaskClient, stocked: str) -> None:
    assert stated_years(stocked) == {None}
    submit(client, "/preferences", {"preferences": ["Books"], "birth_year": "1990"})
    assert stated_years(stocked) == {1990}
    assert 'value="1990"' in client.get("/preferences").get_data(as_text=True)
    wrong = submit(client, "/preferences", {"birth_year": "90"})
    assert wrong.status_code == 422
    assert "Enter a year such as 1990" in wrong.get_data(as_text=True)
    submit(client, "/preferences", {"preferences": ["Pets"]})
    assert stated_years(stocked) == {1990}, "an older form does not name it"
    submit(client, "/preferences", {"birth_year": ""})
    assert stated_years(stocked) == {None}
    other = client.application.test_client()
    sign_up(other, birth_year="2001")
    assert stated_years(stocked) == {2001, None}
    assert all("birth_year" not in payload for _, _, payload in outbox(stocked))


def test_a_shopper_deletes_the_account(client: FlaskClient, app: Flask, stocked: str) -> None:
    other = app.test_client()
    sign_up(other)
    for each, rating in ((client, "2"), (other, "5")):
        submit(each, "/reviews", {"item_id": "p1", "rating": rating})
    submit(client, "/orders/now", {"item_id": "p1"})
    submit(client, "/cart", {"item_id": "p2", "quantity": 1})
    assert stars(stocked) == (2, 7.0)
    page = client.get("/preferences").get_data(as_text=True)
    assert "/account/delete" in page
    assert client.get("/account/delete").status_code == 200
    with client.session_transaction() as session:
        stale = dict(session)
    wrong = submit(client, "/account/delete", {"password": "another engine"})
    assert wrong.status_code == 422
    assert submit(client, "/account/delete", {"password": PASSWORD}).status_code == 302

    assert len(rows(stocked, "shop.users")) == 1
    assert rows(stocked, "shop.orders") == [None]
    assert rows(stocked, "shop.cart_lines") == []
    assert stars(stocked) == (1, 5.0)
    (event,) = (payload for _, topic, payload in outbox(stocked) if topic == "erasures")
    gone = Erasure.decode(event.encode()).user_id
    assert [gone in payload for _, _, payload in outbox(stocked)].count(True) == 1
    assert gone not in rows(stocked, "shop.submissions")

    # The cookie of another browser of theirs.
    with client.session_transaction() as session:
        session.update(stale)
    assert client.get("/").status_code == 200
    for path, data in (("/cart", {"item_id": "p1", "quantity": 1}), ("/account/delete", {})):
        assert submit(client, path, data).headers["Location"].startswith("/log-in")


def test_a_form_that_comes_while_the_account_is_deleted_leads_to_the_log_in(
    client: FlaskClient, stocked: str
) -> None:
    answers = []
    (user_id,) = rows(stocked, "shop.users")
    with psycopg.connect(stocked) as connection:
        connection.execute("select from shop.users where user_id = %s for update", [user_id])
        thread = threading.Thread(
            target=lambda: answers.append(submit(client, "/cart", {"item_id": "p1", "quantity": 1}))
        )
        thread.start()
        time.sleep(0.5)
        connection.execute("delete from shop.users where user_id = %s", [user_id])
    thread.join()
    assert answers[0].status_code == 302
    assert answers[0].headers["Location"] == "/log-in"
