"""`recsys events reconcile` on the whole stack."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from apps.local.event_progress import EventTracker
from streams.contracts import INTERACTIONS
from streams.contracts.dead_letter import TOPIC
from streams.lag import Lag
from streams.settings import PROCESSOR_GROUP
from streams.sink.connectors import SINKS
from support.dead_letters import headers, letters
from support.interactions import interaction
from support.publishing import publish_records

pytestmark = pytest.mark.integration

RECSYS = Path(sys.executable).parent / "recsys"
LONG_AGO = datetime(2024, 3, 1, 12, tzinfo=UTC)
PUBLIC, VALID, QUEUE = INTERACTIONS.public, INTERACTIONS.valid, INTERACTIONS.dead_letters
SINK = SINKS[0]
COLUMNS = "interaction_id, user_id, item_id, timestamp, interaction_type"
KEY = "idle"
"""The user of all records, which so lie in one partition."""


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def reconcile(stack: Any, since: datetime, *options: str) -> tuple[int, dict[str, Any], str]:
    done = subprocess.run(
        [RECSYS, "events", "reconcile", "--json", "--since", since.isoformat(), *options],
        env=stack.cli_environment,
        capture_output=True,
        text=True,
        check=False,
    )
    by_topic = {line["topic"]: line for line in map(json.loads, done.stdout.splitlines())}
    return done.returncode, by_topic, done.stderr


def test_rows_that_are_deleted_by_hand_are_missing_and_come_back(
    stack: Any, tracker: EventTracker
) -> None:
    began = datetime.now(UTC)
    events = [interaction(KEY, f"i{n}", kind, LONG_AGO) for n, kind in enumerate(
        ("view", "cart", "purchase")
    )]  # fmt: skip
    values = [each.encode() for each in events]
    sent = [*values, values[0], b"\xff\x00", b"{}"]
    publish_records(stack.kafka, PUBLIC.name, [(KEY, value) for value in sent])
    tracker.wait_until_stored(60, lambda _: None)
    status, found, said = reconcile(stack, began)
    assert (status, said) == (0, "")
    assert found[PUBLIC.name] == {
        "topic": PUBLIC.name, "stored": 4, "dead_letter": 2, "erased": 0, "under_way": 0,
        "missing": 0,
    }  # fmt: skip
    assert found[VALID.name]["stored"] == 5, "the verdict, too"

    lost = str(events[1].interaction_id)
    query = f"select {COLUMNS} from events.interactions where user_id = '{KEY}' order by 1"
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        rows = connection.execute(query).fetchall()
        (verdict,) = (str(row[0]) for row in rows if row[-1].endswith("_view"))
        connection.execute(
            "delete from events.interactions where interaction_id = any(%s)", [[lost, verdict]]
        )
        status, found, said = reconcile(stack, began)
        assert status == 1
        assert (found[PUBLIC.name]["missing"], found[VALID.name]["missing"]) == (1, 2)
        lines = [line.split() for line in said.splitlines()]
        assert {words[0] for words in lines} == {"missing:"}
        assert sorted((words[1].rpartition("-")[0][:-2], words[-1]) for words in lines) == sorted(
            [(PUBLIC.name, lost), (VALID.name, lost), (VALID.name, verdict)]
        )

        status, _, said = reconcile(stack, began, "--replay")
        assert (status, said.splitlines()[-1]) == (0, "2 records were sent again")
        tracker.wait_until_stored(60, lambda _: None)
        assert connection.execute(query).fetchall() == rows
    assert reconcile(stack, began)[0] == 0


def test_dead_letters_of_the_sink_at_the_end_of_an_idle_partition_are_not_waited_for(
    stack: Any, tracker: EventTracker
) -> None:
    began = datetime.now(UTC)
    publish_records(stack.kafka, VALID.name, [(KEY, b"no json")])
    until(
        lambda: any(
            headers(each).get(TOPIC) == VALID.name and each.value() == b"no json"
            for each in letters(stack, QUEUE.name)
        )
    )
    with closing(Lag(stack.kafka)) as lag:
        time.sleep(5)  # Connect commits every two seconds
        assert lag.behind(SINK.consumer_group, [VALID]) == 1, "Connect does not commit past it"
    status, found, said = reconcile(stack, began)
    assert (status, said) == (0, "")
    assert (found[VALID.name]["dead_letter"], found[VALID.name]["under_way"]) == (1, 0)
    # A good event behind it lets Connect commit, for the tests that follow.
    event = interaction(KEY, "i", "cart", LONG_AGO)
    publish_records(stack.kafka, PUBLIC.name, [(KEY, event.encode())])
    tracker.wait_until_stored(60, lambda _: None)


@contextmanager
def paused(stack: Any) -> Iterator[None]:
    """The sink does not read meanwhile."""
    address = f"{stack.connect_url}/connectors/{SINK.connector}"

    def tasks() -> set[str]:
        return {task["state"] for task in httpx.get(f"{address}/status").json()["tasks"]}

    httpx.put(f"{address}/pause").raise_for_status()
    try:
        until(lambda: tasks() == {"PAUSED"})
        yield
    finally:
        httpx.put(f"{address}/resume").raise_for_status()
        until(lambda: tasks() == {"RUNNING"})


def test_events_under_way_are_not_missing(stack: Any, tracker: EventTracker) -> None:
    began = datetime.now(UTC)
    events = [interaction(KEY, f"i{n}", "cart", LONG_AGO) for n in range(3)]
    with paused(stack), closing(Lag(stack.kafka)) as lag:
        publish_records(stack.kafka, PUBLIC.name, [(KEY, each.encode()) for each in events])
        until(lambda: lag.behind(PROCESSOR_GROUP, [PUBLIC]) == 0)
        status, found, said = reconcile(stack, began)
    assert (status, said) == (0, "")
    assert (found[PUBLIC.name]["under_way"], found[VALID.name]["under_way"]) == (3, 3)
    tracker.wait_until_stored(60, lambda _: None)
    status, found, _ = reconcile(stack, began)
    assert (status, found[PUBLIC.name]["stored"]) == (0, 3)
