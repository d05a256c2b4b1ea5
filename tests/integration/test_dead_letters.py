"""`recsys dlq`: letters are listed, shown, and sent again once, on a real broker and database."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka import Producer

from apps.analytics.reading import TopicReader
from apps.dead_letters.letters import Selection, read
from apps.dead_letters.replay import replay
from streams.contracts import INTERACTIONS
from streams.dead_letters import DeadLetterRecord, LetterId
from streams.settings import KafkaSettings
from support.tls_broker import running_broker, variables

pytestmark = pytest.mark.integration

QUEUE = INTERACTIONS.dead_letters.name
RECSYS = Path(sys.executable).parent / "recsys"
VALUE = b'{"n": 1}\x00\xff'
OWN = [("trace", b"\x01"), ("empty", None)]
KILLED = """
import os, signal, sys
from apps.dead_letters.letters import Selection, read
from apps.dead_letters.replay import replay
from streams.settings import KafkaSettings

replay(
    KafkaSettings(),
    sys.argv[1],
    read(KafkaSettings(), Selection(reason=sys.argv[2])),
    dry_run=False,
    on_sent=lambda letter: os.kill(os.getpid(), signal.SIGKILL),
)
"""
"""A replay that is killed when Kafka has acknowledged a record, before that is committed."""


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    with running_broker(tmp_path_factory.mktemp("kafka-dlq")) as broker:
        yield broker.client("operator")


@pytest.fixture
def reason() -> str:
    """A reason of the test's own, by which it finds its letters."""
    return f"rating: {uuid4().hex}"


def write(
    kafka: KafkaSettings, reason: str, count: int = 1, *, value: bytes | None = VALUE,
    topic: str = INTERACTIONS.public.name, **more: bytes,
) -> None:  # fmt: skip
    circumstances = {
        "__connect.errors.topic": topic.encode(),
        "__connect.errors.partition": b"2",
        "__connect.errors.offset": b"41",
        "__connect.errors.stage": b"VALUE_CONVERTER",
        "__connect.errors.connector.name": b"interactions-sink",
        "__connect.errors.exception.message": reason.encode(),
    } | {name.replace("_", "."): content for name, content in more.items()}
    producer = Producer(kafka.librdkafka)
    for _ in range(count):
        producer.produce(QUEUE, value, b"u1", headers=[*OWN, *circumstances.items()])
    assert producer.flush(10) == 0


def letters(kafka: KafkaSettings, reason: str) -> list[DeadLetterRecord]:
    return list(read(kafka, Selection(reason=reason)))


class Replayed:
    """What comes to a topic from now on."""

    def __init__(self, kafka: KafkaSettings, topic: str) -> None:
        self._kafka, self._topic = kafka, topic
        with TopicReader(kafka, [topic]) as reader:
            self._start = reader.end()

    def records(self) -> list[Any]:
        with TopicReader(self._kafka, [self._topic]) as reader:
            return list(reader.read(self._start, reader.end()))


def run(kafka: KafkaSettings, database_url: str, *options: str) -> str:
    done = subprocess.run(
        [RECSYS, "dlq", *options],
        env={
            **os.environ,
            "COLUMNS": "300",
            "RECSYS_DATABASE_URL": database_url,
            **variables(kafka),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_letters_are_counted_by_reason_and_shown(
    kafka: KafkaSettings, database_url: str, reason: str
) -> None:
    write(kafka, reason, 3)
    write(kafka, f"{reason} \x1b[31m")
    lines = run(kafka, database_url, "list", "--reason", reason.upper(), "--json").splitlines()
    newest, other = map(json.loads, lines)
    assert (newest["count"], newest["reason"]) == (1, f"{reason} \x1b[31m")
    assert (other["count"], other["topic"], other["offset"]) == (3, "interactions", "41")
    table = run(kafka, database_url, "list", "--reason", reason)
    assert "\x1b" not in table
    assert len(re.findall(reason, table)) == 2
    each = run(kafka, database_url, "list", "--reason", reason, "--each", "--json").splitlines()
    assert len(each) == 4
    shown = run(kafka, database_url, "show", other["id"])
    for text in (reason, "VALUE_CONVERTER", "header trace", '{"n": 1}', "interactions-sink"):
        assert text in shown
    raw = subprocess.run(
        [RECSYS, "dlq", "show", other["id"], "--raw"],
        env={**os.environ, **variables(kafka)},
        capture_output=True,
        check=True,
    )
    assert raw.stdout == VALUE


def test_since_selects_the_newer_letters(kafka: KafkaSettings, reason: str) -> None:
    write(kafka, reason)
    later = datetime.now(UTC) + timedelta(milliseconds=5)
    assert list(read(kafka, Selection(since=later, reason=reason))) == []
    assert len(letters(kafka, reason)) == 1


def test_nothing_is_sent_without_yes_and_each_letter_is_sent_once(
    kafka: KafkaSettings, database_url: str, reason: str
) -> None:
    write(kafka, reason, 3)
    arrived = Replayed(kafka, INTERACTIONS.public.name)
    said = run(kafka, database_url, "replay", "--reason", reason)
    assert said.startswith("3 letters would be sent again\n")
    assert arrived.records() == []
    letter_id = str(letters(kafka, reason)[0].id)
    assert run(kafka, database_url, "replay", "--id", letter_id, "--yes").startswith("1 letters")
    said = run(kafka, database_url, "replay", "--reason", reason, "--yes")
    assert said == "2 letters were sent again\n1 letters were sent again before\n"
    said = run(kafka, database_url, "replay", "--reason", reason, "--yes")
    assert said == "0 letters were sent again\n3 letters were sent again before\n"
    records = arrived.records()
    assert [(each.key, each.value) for each in records] == [(b"u1", VALUE)] * 3
    assert all(list(each.headers) == OWN for each in records)


def test_a_letter_of_the_sink_goes_back_to_the_validated_topic(
    kafka: KafkaSettings, database_url: str, reason: str
) -> None:
    write(kafka, reason, topic=INTERACTIONS.valid.name, value=None)
    arrived = Replayed(kafka, INTERACTIONS.valid.name)
    replay(kafka, database_url, letters(kafka, reason), dry_run=False)
    assert [(each.key, each.value) for each in arrived.records()] == [(b"u1", None)]


def test_what_is_cut_or_says_no_topic_is_not_sent(
    kafka: KafkaSettings, database_url: str, reason: str
) -> None:
    write(kafka, reason, recsys_errors_value_size=b"9000000")
    write(kafka, reason, topic="")
    arrived = Replayed(kafka, INTERACTIONS.public.name)
    report = replay(kafka, database_url, letters(kafka, reason), dry_run=False)
    assert (report.sent, report.incomplete) == (0, 2)
    assert arrived.records() == []


def test_two_replays_at_a_time_send_a_letter_once(
    kafka: KafkaSettings, database_url: str, reason: str
) -> None:
    write(kafka, reason, 40)
    found = letters(kafka, reason)
    arrived = Replayed(kafka, INTERACTIONS.public.name)
    reports = []

    def work() -> None:
        reports.append(replay(kafka, database_url, found, dry_run=False))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(report.sent for report in reports) == 40
    assert sum(report.already_sent for report in reports) == 80
    assert len(arrived.records()) == 40


def test_a_kill_before_the_commit_loses_nothing(
    kafka: KafkaSettings, database_url: str, reason: str
) -> None:
    """The one case in which a record is sent again; its event id makes it one row."""
    write(kafka, reason, 2)
    arrived = Replayed(kafka, INTERACTIONS.public.name)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, database_url, reason],
        env={**os.environ, **variables(kafka)},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert len(arrived.records()) == 1
    report = replay(kafka, database_url, letters(kafka, reason), dry_run=False)
    assert (report.sent, report.already_sent) == (2, 0)
    assert len(arrived.records()) == 3


@pytest.mark.parametrize("text", ["nonsense", "interactions-0-1", "interactions-dlq-a-1"])
def test_an_id_that_is_none_is_refused(kafka: KafkaSettings, text: str) -> None:
    done = subprocess.run(
        [RECSYS, "dlq", "show", text],
        env={**os.environ, **variables(kafka)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert f"{text} is no ID of a letter" in done.stderr


def test_an_id_is_text_and_back() -> None:
    assert LetterId.parse("new-users-dlq-2-17") == LetterId("new-users-dlq", 2, 17)
    assert str(LetterId("new-users-dlq", 2, 17)) == "new-users-dlq-2-17"
