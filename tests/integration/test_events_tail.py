"""`recsys events tail` on a real broker: what it selects, how it prints, and that it ends."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from streams.contracts import INTERACTIONS, NEW_USERS, Interaction
from streams.settings import KafkaSettings
from support.interactions import interaction
from support.publishing import publish_records
from support.tls_broker import running_broker, variables

pytestmark = pytest.mark.integration

RECSYS = Path(sys.executable).parent / "recsys"
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
KINDS = ("view", "cart", "purchase")


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    """A broker with fourteen interactions of two users, and one record that is no JSON."""
    with running_broker(tmp_path_factory.mktemp("kafka-tail")) as broker:
        kafka = broker.client("analyst")
        events = [
            interaction(f"u{number % 2}", f"i{number}", KINDS[number % 3], NOON)
            for number in range(14)
        ]
        for event in events:
            publish(kafka, event)
        broken = [("u0", b"\x1b[31m not JSON")]
        publish_records(kafka, INTERACTIONS.public.name, broken)
        yield kafka


def publish(kafka: KafkaSettings, event: Interaction) -> None:
    publish_records(kafka, INTERACTIONS.public.name, [(event.key, event.encode())])


def environment(kafka: KafkaSettings) -> dict[str, str]:
    return {**os.environ, "TZ": "UTC", "COLUMNS": "400", **variables(kafka)}


def run(kafka: KafkaSettings, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [RECSYS, "events", "tail", *options],
        env=environment(kafka),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def items(kafka: KafkaSettings, *options: str) -> list[str]:
    done = run(kafka, "--json", *options)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return [event.get("item_id", "unreadable") for event in found]


def test_without_options_the_newest_ten_are_printed_for_a_person(kafka: KafkaSettings) -> None:
    lines = run(kafka).stdout.splitlines()
    assert len(lines) == 10
    assert lines[-2].split() == ["2026-11-01", "12:00:00", "cart", "u1", "i13"]
    assert lines[-1].split("  ")[-1] == "\N{REPLACEMENT CHARACTER}[31m not JSON"


def test_events_are_in_the_order_in_which_kafka_got_them(kafka: KafkaSettings) -> None:
    everything = [*(f"i{number}" for number in range(14)), "unreadable"]
    assert items(kafka, "--from-start") == everything
    assert items(kafka, "--since", "1h") == everything
    assert items(kafka, "--from-start", "--limit", "3") == everything[-3:]


def test_a_type_and_a_user_are_selected(kafka: KafkaSettings) -> None:
    assert items(kafka, "--type", "purchase") == ["i2", "i5", "i8", "i11"]
    assert items(kafka, "--user", "u1") == [f"i{number}" for number in range(1, 14, 2)]
    assert items(kafka, "--user", "u1", "--type", "purchase", "--limit", "1") == ["i11"]


def test_since_is_about_the_time_at_which_kafka_got_an_event(kafka: KafkaSettings) -> None:
    time.sleep(0.01)
    now = datetime.now(UTC).isoformat()
    assert items(kafka, "--since", now) == []
    publish(kafka, interaction("u9", "late", "view", NOON))
    assert items(kafka, "--since", now, "--type", "view") == ["late"]


def test_an_empty_topic_ends_the_command(kafka: KafkaSettings) -> None:
    done = run(kafka, "--topic", NEW_USERS.public.name)
    assert (done.returncode, done.stdout) == (0, "")
    assert "no such events" in done.stderr


def test_follow_prints_what_comes_until_it_is_interrupted(kafka: KafkaSettings) -> None:
    # A shell's background job ignores Ctrl-C, and a program that it starts would, too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(
        [RECSYS, "events", "tail", "--follow", "--limit", "1", "--user", "follower", "--json"],
        env=environment(kafka),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stderr
        lines = iter(process.stderr.readline, "")
        assert any("waiting for events" in line for line in lines)
        for name in ("one", "two"):
            publish(kafka, interaction("follower", name, "view", NOON))
            assert json.loads(process.stdout.readline())["item_id"] == name
        process.send_signal(signal.SIGINT)
        try:
            assert process.wait(60) == 0
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--topic", "nonsense"), "there is no topic nonsense; the topics are interactions,"),
        (("--since", "yesterday"), "yesterday is neither an age"),
        (("--since", "1h", "--from-start"), "--from-start and --since exclude each other"),
        (("--type", "positive_view"), "they are on the topic interactions-valid"),
    ],
)
def test_a_mistake_is_explained(kafka: KafkaSettings, options: tuple[str, ...], words: str) -> None:
    done = run(kafka, *options)
    assert done.returncode
    assert words in done.stderr
