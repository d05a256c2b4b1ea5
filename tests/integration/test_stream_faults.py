"""Broken records, and events in any order, on the real stack."""

import json
import os
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from confluent_kafka import Producer

from apps.local.event_progress import EventTracker
from streams.contracts import INTERACTIONS, SESSION_GAP, Interaction
from streams.contracts.dead_letter import OFFSET, REASON, TOPIC
from streams.processor.sessions import SessionEvent, judge, key_of
from support.dead_letters import letters
from support.interactions import interaction
from support.laptop import RunningStack
from support.publishing import publish_records

pytestmark = pytest.mark.integration

LONG_AGO = datetime(2024, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def arrive(stack: RunningStack) -> Iterator[Callable[[], None]]:
    tracker = EventTracker(stack.kafka, stack.database_url)
    yield lambda: tracker.wait_until_stored(60, lambda _: None)
    tracker.close()


def test_broken_records_are_kept_byte_for_byte_and_stop_nothing(
    stack: RunningStack, arrive: Callable[[], None]
) -> None:
    user = f"broken-{uuid4()}"
    good = [interaction(user, f"i{n}", "cart", LONG_AGO) for n in range(20)]
    broken: list[bytes | None] = [
        None,
        b"",
        b"{",
        os.urandom(300_000),
        os.urandom(900_000),
        b"\x00" * 900_000,
        b"[" * 100_000,
        b'"' + b"\\u0000" * 100_000 + b'"',
        b"\xef\xbb\xbf" + good[0].encode(),
        json.dumps({**json.loads(good[0].encode()), "quantity": "3"}).encode(),
        json.dumps({**json.loads(good[0].encode()), "item_id": "a\x00"}).encode(),
    ]
    producer = Producer({**stack.kafka.librdkafka, "partitioner": "murmur2_random"})
    trace: list[tuple[str, str | bytes | None]] = [("trace", b"\xff\x00")]
    for number, event in enumerate(good):
        producer.produce(INTERACTIONS.public.name, event.encode(), user.encode())
        for value in broken[number::20]:
            producer.produce(INTERACTIONS.public.name, value, user.encode(), headers=trace)
    producer.flush(30)
    arrive()

    kept = [
        each
        for each in letters(stack, INTERACTIONS.dead_letters.name)
        if each.key() == user.encode()
    ]
    assert [each.value() for each in kept] == broken
    for each in kept:
        headers = each.headers()
        assert isinstance(headers, list)
        assert ("trace", b"\xff\x00") in headers
        circumstances = dict(headers)
        assert circumstances[TOPIC] == b"interactions"
        offset = circumstances[OFFSET]
        assert offset is not None
        assert offset.isdigit()
        assert circumstances[REASON]
    with psycopg.connect(stack.database_url) as connection:
        rows = connection.execute(
            "select interaction_id from events.interactions where user_id = %s", [user]
        ).fetchall()
    assert {identifier for (identifier,) in rows} == {each.interaction_id for each in good}


def shopping(user: str, dice: random.Random) -> list[Interaction]:
    """A few sessions of one shopper, some of them without an id."""
    events, at = [], LONG_AGO + timedelta(minutes=dice.randrange(10_000))
    for number in range(dice.randint(1, 3)):
        session = dice.choice([None, f"{user}-{number}"])
        for _ in range(dice.randint(1, 8)):
            kind = dice.choice(["view", "view", "view", "cart", "purchase"])
            item = f"i{dice.randrange(4)}"
            events.append(interaction(user, item, kind, at, session_id=session))
            at += timedelta(minutes=dice.choice([0, 1, 5, 29, 30, 31]))
        at += timedelta(minutes=dice.choice([10, 45, 600]))
    return events


def expected_verdicts(events: list[Interaction]) -> dict[tuple[str, str, datetime], set[str]]:
    sessions: dict[tuple[str, str], list[SessionEvent]] = {}
    for each in events:
        known = SessionEvent(
            each.interaction_id, each.item_id, each.timestamp, each.interaction_type.value == "view"
        )
        sessions.setdefault(key_of(each), []).append(known)
    verdicts: dict[tuple[str, str, datetime], set[str]] = {}
    for (user, _), session in sessions.items():
        for view, verdict in judge(session, SESSION_GAP):
            key = (user, view.item_id, view.timestamp)
            verdicts.setdefault(key, set()).add(verdict.value)
    return verdicts


def test_verdicts_do_not_depend_on_the_order_of_arrival(
    stack: RunningStack, arrive: Callable[[], None]
) -> None:
    dice = random.Random(7)
    prefix = str(uuid4())
    events = [event for number in range(200) for event in shopping(f"{prefix}-{number}", dice)]
    sent = [*events, *events]
    dice.shuffle(sent)
    late, in_time = sent[:300], sent[300:]
    for batch in (in_time[::2], in_time[1::2], late):
        publish_records(stack.kafka, INTERACTIONS.public.name, ((e.key, e.encode()) for e in batch))
        arrive()  # the late ones come after all verdicts
    with psycopg.connect(stack.database_url) as connection:
        rows = connection.execute(
            "select user_id, item_id, timestamp, interaction_type from events.interactions"
            " where starts_with(user_id, %s)",
            [prefix],
        ).fetchall()
    found: dict[tuple[str, str, datetime], set[str]] = {}
    for user, item, timestamp, kind in rows:
        if kind.endswith("_view"):
            found.setdefault((user, item, timestamp.astimezone(UTC)), set()).add(kind)
    assert found == expected_verdicts(events)
    verdicts = sum(kind.endswith("_view") for *_, kind in rows)
    assert verdicts == sum(kind == "view" for *_, kind in rows)
    assert len(rows) == len(events) + verdicts
