"""Events through the real processor, Kafka, Connect and PostgreSQL."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from apps.local.event_progress import EventTracker
from ml.settings import MlSettings
from streams.contracts import (
    INTERACTIONS,
    NEW_USERS,
    Interaction,
    InteractionType,
    NewUser,
    new_id,
)
from streams.contracts.dead_letter import REASON
from streams.publisher import Publisher
from support.broken_records import BROKEN, record
from support.dead_letters import headers, letters
from support.products import add_product
from support.served_features import served_features

pytestmark = pytest.mark.integration

LONG_AGO = datetime(2024, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def publisher(stack: Any) -> Iterator[Publisher]:
    with Publisher(stack.kafka) as publisher:
        yield publisher


@pytest.fixture
def arrive(stack: Any) -> Iterator[Callable[[], None]]:
    tracker = EventTracker(stack.kafka, stack.database_url)
    yield lambda: tracker.wait_until_stored(60, lambda _: None)
    tracker.close()


def interaction(user: str, minute: float, kind: InteractionType, item: str) -> Interaction:
    return Interaction(
        interaction_id=new_id(),
        user_id=user,
        item_id=item,
        timestamp=LONG_AGO + timedelta(minutes=minute),
        interaction_type=kind,
    )


def send(publisher: Publisher, events: list[Interaction]) -> None:
    publisher.publish(INTERACTIONS.public.name, ((each.key, each.encode()) for each in events))


def rows(stack: Any, user: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(stack.database_url) as connection:
        return connection.execute(
            "select interaction_id, item_id, interaction_type, timestamp from events.interactions"
            " where user_id = %s order by timestamp, interaction_id",
            [user],
        ).fetchall()


def test_an_event_becomes_a_row_with_every_field(
    stack: Any, publisher: Publisher, arrive: Callable[[], None]
) -> None:
    event = Interaction(
        interaction_id=new_id(),
        user_id="every-field",
        item_id="i",
        timestamp=datetime(2026, 2, 3, 4, 5, 6, 123456, tzinfo=UTC),
        interaction_type=InteractionType.RATE,
        quantity=2,
        rating=3.5,
        review_title="Größe ✓",
        review_content='He said "fine"\n\ttwice',
        session_id="s",
        surface="home",
        position=4,
        model_version="v1",
        experiment="e",
    )
    sent = datetime.now(UTC)
    send(publisher, [event])
    arrive()
    with psycopg.connect(stack.database_url) as connection:
        cursor = connection.execute(
            "select * from events.interactions where user_id = 'every-field'"
        )
        assert cursor.description is not None
        names = [column.name for column in cursor.description]
        (row,) = cursor.fetchall()
    stored = dict(zip(names, row, strict=True))
    assert sent < stored.pop("ingested_at") < datetime.now(UTC), "its event is long ago"
    assert (
        Interaction(**{**stored, "interaction_type": InteractionType(stored["interaction_type"])})
        == event
    )


def test_a_sign_up_sent_again_with_other_preferences_is_one_row(
    stack: Any, publisher: Publisher, arrive: Callable[[], None]
) -> None:
    for preferences in ("Books", "Books|Toys"):
        user = NewUser(
            user_id="changes-mind", user_name="M", preferences=preferences, signup_date=LONG_AGO
        )
        publisher.publish(NEW_USERS.public.name, [(user.key, user.encode())])
    arrive()
    with psycopg.connect(stack.database_url) as connection:
        found = connection.execute(
            "select preferences, signup_date from events.new_users where user_id = 'changes-mind'"
        ).fetchall()
    assert found == [("Books|Toys", LONG_AGO)]


def test_poison_is_a_dead_letter_and_stops_nothing(
    stack: Any, publisher: Publisher, arrive: Callable[[], None]
) -> None:
    refused = [
        *BROKEN.values(),
        record(user_id="poisoned", timestamp="2098-01-01T00:00:00Z"),
        record(user_id="poisoned", interaction_type="positive_view"),
        record(user_id="of another key"),
    ]
    good = [
        interaction("poisoned", number, InteractionType.CART, "i") for number in range(len(refused))
    ]
    publisher.publish(
        INTERACTIONS.public.name,
        [
            ("poisoned", value)
            for broken, event in zip(refused, good, strict=True)
            for value in (broken or b"", event.encode())
        ],
    )
    arrive()
    assert [row[0] for row in rows(stack, "poisoned")] == [event.interaction_id for event in good]
    queue = letters(stack, INTERACTIONS.dead_letters.name)
    kept = [letter for letter in queue if letter.key() == b"poisoned"]
    assert [letter.value() for letter in kept] == [broken or b"" for broken in refused]
    assert all(headers(letter)[REASON] for letter in kept)


def test_what_is_just_within_the_contract_is_stored_exactly(
    stack: Any, publisher: Publisher, arrive: Callable[[], None]
) -> None:
    edges: list[dict[str, Any]] = [
        {"timestamp": "1990-01-01T00:00:00Z"},
        {"timestamp": "1990-01-01T23:59:59.999999-18:00"},
        {"timestamp": "2024-02-29T12:00:00.000001+18:00"},
        {"quantity": 10_000, "position": 100_000, "rating": 5},
        {"review_title": "x" * 512, "review_content": "\U0001f600" * 20_000},
        {"review_content": 'line\nend\ttab\r\x01\x7f\u2028"\\/'},
        {"item_id": "'; drop table events.interactions; --", "session_id": " "},
    ]
    values = [
        record(user_id="edges", interaction_id=str(new_id()).upper(), **fields) for fields in edges
    ]
    publisher.publish(INTERACTIONS.public.name, [("edges", value) for value in values])
    arrive()
    names = list(Interaction.model_fields)
    with psycopg.connect(stack.database_url, row_factory=dict_row) as connection:
        stored = connection.execute(
            f"select {', '.join(names)} from events.interactions where user_id = 'edges'"
            " and interaction_type = 'view' order by interaction_id"
        ).fetchall()
    sent = [Interaction.decode(value) for value in values]
    assert stored == [{name: getattr(event, name) for name in names} for event in sent]


def test_views_are_judged_when_their_session_has_ended_and_again_changes_nothing(
    stack: Any, publisher: Publisher, arrive: Callable[[], None]
) -> None:
    events = [
        interaction("verdicts", 0, InteractionType.VIEW, "bought"),
        interaction("verdicts", 1, InteractionType.VIEW, "left"),
        interaction("verdicts", 2, InteractionType.PURCHASE, "bought"),
    ]
    for _ in range(2):
        send(publisher, events)
        arrive()
        found = rows(stack, "verdicts")
        assert {(item, kind) for _, item, kind, _ in found} == {
            ("bought", "view"),
            ("left", "view"),
            ("bought", "purchase"),
            ("bought", "positive_view"),
            ("left", "negative_view"),
        }
        assert len(found) == 5


def test_what_shoppers_view_now_is_soon_trending(
    stack: Any, publisher: Publisher, tmp_path: Path
) -> None:
    """The worker that has the first partition of the interactions publishes it to Feast."""
    add_product(stack.database_url, "trendy", "Stream|Flow")
    now = datetime.now(UTC)
    kind = InteractionType.VIEW
    events = [
        interaction(f"t{number}", 0, kind, "trendy").model_copy(update={"timestamp": now})
        for number in range(3)
    ]
    send(publisher, events)
    config = MlSettings(database_url=stack.database_url, models_dir=tmp_path)
    with served_features(config) as features:
        deadline = time.monotonic() + 120
        while features.trending("Stream|Flow") != ("trendy",) or not features.trending():
            assert time.monotonic() < deadline
            time.sleep(0.5)
