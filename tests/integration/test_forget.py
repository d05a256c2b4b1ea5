"""`recsys forget` on the whole stack: nothing of a person stays, whatever is under way."""

import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from apps.local.event_progress import EventTracker
from apps.storefront.events import repository as outbox
from apps.storefront.events.publishing import record
from ml.features.online import OnlineFeatures
from ml.settings import MlSettings
from streams.contracts import (
    ERASURES,
    IMPRESSIONS,
    INTERACTIONS,
    NEW_USERS,
    SEARCHES,
    Channel,
    Erasure,
    Event,
    Impression,
    NewUser,
    Search,
    new_id,
)
from support.interactions import interaction
from support.publishing import publish_records
from support.shop import shop, sign_up, stock, submit
from support.topics import records

pytestmark = pytest.mark.integration

RECSYS = Path(sys.executable).parent / "recsys"


@pytest.fixture
def tracker(stack: Any) -> Iterator[EventTracker]:
    tracker = EventTracker(stack.kafka, stack.database_url)
    yield tracker
    tracker.close()


def forget(stack: Any, *arguments: str, answer: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [RECSYS, "forget", *arguments],
        env=stack.cli_environment,
        input=answer,
        capture_output=True,
        text=True,
        check=False,
    )


def events_of(user_id: str) -> list[tuple[Channel, Event]]:
    now = datetime.now(UTC)
    seen = Impression(
        impression_id=new_id(), user_id=user_id, timestamp=now, surface="home",
        item_ids=("p0", "p1"), first_position=0,
    )  # fmt: skip
    searched = Search(
        search_id=new_id(), user_id=user_id, timestamp=now, query="lamp", result_count=1,
        surface="search",
    )  # fmt: skip
    return [
        (INTERACTIONS, interaction(user_id, "p0", "view", now)),
        (NEW_USERS, NewUser(user_id=user_id, user_name="Ada", preferences="", signup_date=now)),
        (IMPRESSIONS, seen),
        (SEARCHES, searched),
    ]


def send_to_every_topic(stack: Any, user_id: str) -> None:
    for channel, event in events_of(user_id):
        for topic in (channel.public, channel.valid):
            publish_records(stack.kafka, topic.name, [(user_id, event.encode())])


def places_of(database_url: str, *texts: str) -> set[str]:
    """Tables of the whole database in which a text is, also as bytes."""
    found = set()
    with psycopg.connect(database_url) as connection:
        tables = connection.execute(
            "select table_schema, table_name from information_schema.tables where table_type ="
            " 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')"
        ).fetchall()
        assert len(tables) > 20
        for schema, table in tables:
            for text in texts:
                for form in (text, text.encode().hex()):
                    statement = sql.SQL(
                        "select true from {} as t where position(%s in t::text) > 0"
                    )
                    name = sql.Identifier(schema, table)
                    if connection.execute(statement.format(name), [form]).fetchone():
                        found.add(f"{schema}.{table}")
    return found


def test_nothing_of_a_person_stays(stack: Any, tracker: EventTracker) -> None:
    stock(stack.database_url)
    client = shop(stack.database_url).test_client()
    sign_up(client)
    submit(client, "/preferences", {"preferences": ["Music"]})
    submit(client, "/orders/now", {"item_id": "p1"})
    submit(client, "/reviews", {"item_id": "p1", "rating": "4.5", "content": "fine"})
    submit(client, "/cart", {"item_id": "p2", "quantity": 2})
    with psycopg.connect(stack.database_url) as connection:
        row = connection.execute(
            "select user_id, email from shop.users order by signup_date desc limit 1"
        ).fetchone()
    assert row
    user_id, email = row
    send_to_every_topic(stack, user_id)
    tracker.wait_until_stored(60, lambda _: None)
    features = OnlineFeatures(MlSettings(database_url=stack.database_url, models_dir=Path("none")))
    features.add_lists("v", [(user_id, ["p3"])], until=datetime.now(UTC))
    stores = {
        "shop.users", "shop.orders", "shop.reviews", "shop.cart_lines", "shop.submissions",
        "events.interactions", "events.new_users", "events.impressions", "events.searches",
        "events.sessions", "events.session_events", "events.shopper_items",
        "feast.feast_edb_rec_sys_user_top_k_items", "feast.feast_edb_rec_sys_live_history",
    }  # fmt: skip
    assert places_of(stack.database_url, user_id, email) == stores

    no = forget(stack, email, answer="n\n")
    assert no.returncode == 1
    assert places_of(stack.database_url, user_id, email) == stores

    # Under way meanwhile: in the topics, in the outbox, and what Kafka has refused.
    send_to_every_topic(stack, user_id)
    waiting = [record(event) for _, event in events_of(user_id)]
    with psycopg.connect(stack.database_url) as connection:
        outbox.add(connection, waiting)
        outbox.refuse(connection, waiting[0].event_id, "too large")
    done = forget(stack, email, "--yes")
    assert done.returncode == 0, done.stderr
    removed = dict(re.findall(r"│ (\S+) +│ (\d+) +│", done.stdout))
    assert {name for name, rows in removed.items() if int(rows)} == {
        *(name for name in stores if not name.startswith(("feast", "shop.orders"))),
        "feast.user_top_k_items", "feast.live_history", "shop.outbox",
    }  # fmt: skip
    assert "1 orders remain without a name" in done.stdout
    send_to_every_topic(stack, user_id)
    tracker.wait_until_stored(60, lambda _: None)
    assert places_of(stack.database_url, user_id, email) == set()
    assert features.live_history(user_id) == ()
    features.close()

    told = [Erasure.decode(value) for key, value in records(stack.kafka, ERASURES.valid.name)
            if key == user_id]  # fmt: skip
    assert [each.user_id for each in told] == [user_id]
    assert email not in "".join(log.read_text(errors="replace") for log in logs(stack))

    assert client.get("/preferences").headers["Location"].startswith("/log-in")
    assert client.get("/").status_code == 200
    again = forget(stack, user_id, "--yes")
    assert (again.returncode, again.stdout[:14]) == (0, "erased already")
    unknown = forget(stack, email, "--yes")
    assert unknown.returncode == 1
    assert "nothing is known" in unknown.stderr


def test_who_does_not_wait_is_told_what_is_left_and_how_to_ask_again(
    stack: Any, tracker: EventTracker
) -> None:
    sign_up(shop(stack.database_url).test_client())
    with psycopg.connect(stack.database_url) as connection:
        user_id, email = connection.execute(
            "select user_id, email from shop.users order by signup_date desc limit 1"
        ).fetchone() or ("", "")

    early = forget(stack, email, "--yes", "--timeout", "0")

    assert early.returncode == 1
    told = " ".join(early.stderr.split())
    assert "the account is gone; events, live history and lists still have to follow" in told
    assert f"recsys forget {user_id}" in told
    tracker.wait_until_stored(60, lambda _: None)
    again = forget(stack, user_id, "--yes")
    assert (again.returncode, again.stdout[:14]) == (0, "erased already"), again.stderr


def logs(stack: Any) -> list[Path]:
    return list(stack.stack.settings.logs.glob("*.log"))
