"""Migrations of stored rows, on rows as the revision before wrote them."""

import json
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from apps.migrations.upgrade import upgrade
from apps.storefront.events import repository as outbox
from streams.contracts import InteractionType, new_id
from streams.processor import repository
from streams.processor.sessions import SessionEvent

pytestmark = pytest.mark.integration

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def test_open_sessions_of_the_processors_former_state_are_kept(empty_database_url: str) -> None:
    upgrade(empty_database_url, to="0003")
    view, entry = new_id(), new_id()
    memory = {
        "sessions": {
            "s": {
                "latest": NOW.isoformat(),
                "views": [{"view_id": str(view), "item_id": "a", "timestamp": NOW.isoformat()}],
            }
        },
        "history": [
            {
                "interaction_id": str(entry),
                "item_id": "a",
                "interaction_type": "rate",
                "timestamp": NOW.isoformat(),
                "rating": 4.5,
                "quantity": None,
            },
            {
                "interaction_id": str(view),
                "item_id": "b",
                "interaction_type": "purchase",
                "timestamp": (NOW + timedelta(minutes=1)).isoformat(),
                "rating": None,
                "quantity": 2,
            },
        ],
    }
    with psycopg.connect(empty_database_url) as connection:
        for user, stored in (("u", memory), ("new", {"sessions": {}, "history": []})):
            connection.execute(
                "insert into events.shoppers (user_id, memory, latest, verdicts_due)"
                " values (%s, %s, %s, true)",
                [user, json.dumps(stored), NOW],
            )

    upgrade(empty_database_url)

    with psycopg.connect(empty_database_url) as connection:
        ended = repository.take_ended(connection, timedelta(0), timedelta(0), 10)
    ((key, events),) = ended.items()
    assert key == ("u", "s")
    assert events == [SessionEvent(view, "a", NOW, is_view=True)]


@pytest.mark.parametrize("due", [True, False])
def test_verdicts_that_were_kept_follow_from_the_events(
    empty_database_url: str,
    due: bool,  # noqa: FBT001
) -> None:
    upgrade(empty_database_url, to="0012")
    rows = [
        ("a", True, "positive_view"),
        ("a", False, None),
        ("b", True, "negative_view"),
        ("b", False, None),
    ]
    if due:
        rows.append(("c", True, None))
    events = [
        SessionEvent(
            new_id(),
            item,
            NOW + timedelta(seconds=second),
            is_view,
            InteractionType(verdict) if verdict else None,
        )
        for second, (item, is_view, verdict) in enumerate(rows if due else rows[:3])
    ]
    with psycopg.connect(empty_database_url) as connection:
        connection.execute(
            "insert into events.sessions (user_id, session_id, latest, events, due)"
            " values ('u', 's', %s, %s, %s)",
            [NOW, len(events), due],
        )
        for each in events:
            connection.execute(
                "insert into events.session_events (user_id, session_id, interaction_id, item_id,"
                " timestamp, is_view, verdict) values ('u', 's', %s, %s, %s, %s, %s)",
                list(each),
            )

    upgrade(empty_database_url)

    with psycopg.connect(empty_database_url) as connection:
        connection.execute("update events.sessions set due = true")
        ended = repository.take_ended(connection, timedelta(minutes=1), timedelta(0), 10)
    assert sorted(ended["u", "s"]) == sorted(events)


def test_what_waits_in_the_outbox_keeps_its_order(empty_database_url: str) -> None:
    upgrade(empty_database_url, to="0006")
    with psycopg.connect(empty_database_url) as connection:
        for number in (2, 0, 1):
            connection.execute(
                "insert into shop.outbox (event_id, topic, key, payload, created_at)"
                " values (%s, 'interactions', 'u', %s, %s)",
                [new_id(), str(number), NOW + timedelta(minutes=number)],
            )

    upgrade(empty_database_url)

    with psycopg.connect(empty_database_url) as connection:
        outbox.add(connection, [outbox.Record(new_id(), "interactions", "u", "3")])
        waiting = [each.payload for each in outbox.oldest(connection, 10)]
    assert waiting == ["0", "1", "2", "3"]


def test_what_happened_before_there_were_counters_is_counted(empty_database_url: str) -> None:
    upgrade(empty_database_url, to="0011")
    kinds = ["view", "view", "negative_view", "positive_view", "cart", "cart", "purchase", "rate"]
    with psycopg.connect(empty_database_url) as connection, connection.cursor() as cursor:
        cursor.executemany(
            "insert into events.interactions"
            " (interaction_id, user_id, item_id, timestamp, interaction_type)"
            " values (%s, 'u', 'a', %s, %s)",
            [(new_id(), NOW, kind) for kind in kinds],
        )

    upgrade(empty_database_url)

    with psycopg.connect(empty_database_url) as connection:
        rows = connection.execute("select * from events.item_counters").fetchall()
    assert rows == [("a", NOW.date(), 2, 1, 2, 1, 1)]
