"""Migrations of stored rows, on rows as the revision before wrote them."""

import json
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from apps.migrations.upgrade import upgrade
from streams.contracts import InteractionType, new_id
from streams.processor import repository

pytestmark = pytest.mark.integration

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def test_the_processors_state_keeps_interactions_of_the_contract(empty_database_url: str) -> None:
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
        states = repository.load(connection, ["u", "new"])
        (ended, _) = repository.take_ended(connection, timedelta(0), timedelta(0), 10)
    state = states["u"]
    assert [
        (past.user_id, past.item_id, past.interaction_type, past.rating, past.quantity)
        for past in state.history
    ] == [
        ("u", "a", InteractionType.RATE, 4.5, None),
        ("u", "b", InteractionType.PURCHASE, None, 2),
    ]
    assert state.history[0].interaction_id == entry
    assert state.sessions["s"].views[0].view_id == view
    assert states["new"].history == []
    assert ended
