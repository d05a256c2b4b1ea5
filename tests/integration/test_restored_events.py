"""A database that was restored from a backup gets back what the topics still hold."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import psutil
import psycopg
import pytest

from apps.local.event_progress import EventTracker
from streams.contracts import INTERACTIONS, Interaction
from support.interactions import interaction
from support.laptop import RunningStack
from support.publishing import publish_records

pytestmark = pytest.mark.integration

LONG_AGO = datetime(2024, 3, 1, 12, tzinfo=UTC)


def test_the_processor_reads_again_what_a_restored_database_lacks(
    stack: RunningStack, tracker: EventTracker
) -> None:
    user = f"restored-{uuid4()}"
    before, after = (
        [interaction(user, f"{name}{n}", "cart", LONG_AGO) for n in range(5)] for name in "ab"
    )
    publish(stack, before)
    tracker.wait_until_stored(60, lambda _: None)
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        backup = connection.execute("select topic_id, partition, next_offset from events.progress")
        places = backup.fetchall()
        publish(stack, after)
        tracker.wait_until_stored(60, lambda _: None)
        assert rows(connection, user) == {each.item_id for each in before + after}

        with connection.transaction():
            lost = [each.interaction_id for each in after]
            connection.execute(
                "delete from events.interactions where interaction_id = any(%s)", [lost]
            )
            with connection.cursor() as cursor:
                cursor.executemany(
                    "update events.progress set next_offset = %s"
                    " where topic_id = %s and partition = %s",
                    [(offset, topic_id, partition) for topic_id, partition, offset in places],
                )
        worker = psutil.Process(stack.stack._supervisor.processes()["processor"].pid)
        worker.terminate()
        until(lambda: rows(connection, user) == {each.item_id for each in before + after})
    tracker.wait_until_stored(60, lambda _: None)


def publish(stack: RunningStack, events: list[Interaction]) -> None:
    records = ((each.key, each.encode()) for each in events)
    publish_records(stack.kafka, INTERACTIONS.public.name, records)


def rows(connection: psycopg.Connection, user: str) -> set[str]:
    found = connection.execute(
        "select item_id from events.interactions where user_id = %s", [user]
    ).fetchall()
    return {item for (item,) in found}


def until(condition: Callable[[], bool], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)
