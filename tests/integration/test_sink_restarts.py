"""A task of the sink fails for real, is seen, and comes back by itself."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from streams.contracts import CHANNELS, NEW_USERS, NewUser
from streams.settings import PROCESSOR_GROUP
from streams.sink.connectors import SINKS
from support.laptop import RunningStack
from support.publishing import publish_records

pytestmark = pytest.mark.integration

CONNECTOR = "new-users-sink"


def status(stack: RunningStack, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "apps.cli.main", "status", *options],
        env=stack.cli_environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def tasks(shown: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    found = json.loads(shown.stdout)["connect"]["tasks"]
    return [each for each in found if each["connector"] == CONNECTOR]


def eventually(condition: Callable[[], bool], what: str, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


def test_a_task_that_fails_is_shown_with_its_reason_and_comes_back_by_itself(
    stack: RunningStack,
) -> None:
    (before,) = [each for each in tasks(status(stack, "--json")) if each["task"] == 0]
    assert before["state"] == "RUNNING"
    user = NewUser(
        user_id=f"restart-{uuid4()}",
        user_name="R",
        preferences="",
        signup_date=datetime.now(UTC),
    )
    failed: list[dict[str, Any]] = []

    def is_shown() -> bool:
        """The stack is not healthy, and the task has failed once more after a restart."""
        shown = status(stack, "--json")
        failed[:] = [each for each in tasks(shown) if each["state"] == "FAILED"]
        has_restarted = any(each["restarts"] > before["restarts"] for each in failed)
        return shown.returncode == 1 and has_restarted

    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        connection.execute("alter table events.new_users rename to away")
        try:
            publish_records(stack.kafka, NEW_USERS.public.name, [(user.key, user.encode())])
            eventually(is_shown, "it fails again after a restart")
            eventually(lambda: "FAILED" in status(stack).stdout, "people see it, too")
        finally:
            connection.execute("alter table events.away rename to new_users")
        assert failed[0]["task"] == 0
        assert "new_users" in failed[0]["reason"]
        query = "select count(*) from events.new_users where user_id = %s"
        eventually(
            lambda: connection.execute(query, [user.user_id]).fetchone() == (1,),
            "the row arrives without hands",
        )
    eventually(lambda: status(stack).returncode == 0, "the stack is healthy again")
    assert {each["state"] for each in tasks(status(stack, "--json"))} == {"RUNNING"}


def test_lag_is_shown_by_group_and_topic(stack: RunningStack) -> None:
    shown = json.loads(status(stack, "--json").stdout)
    lag = {(each["group"], each["topic"]): each["records"] for each in shown["kafka"]["lag"]}
    assert lag.keys() == {
        *((PROCESSOR_GROUP, channel.public.name) for channel in CHANNELS),
        *((sink.consumer_group, sink.channel.valid.name) for sink in SINKS),
    }
    assert set(lag.values()) <= set(range(100_000))
    text = status(stack).stdout
    assert "consumer group" in text
    assert "interactions-valid" in text
