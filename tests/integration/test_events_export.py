"""`recsys events export`: every record in one file, whatever is killed on the way."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pandas as pd
import pytest
from confluent_kafka.admin import AdminClient

from apps.analytics.export import export
from apps.analytics.parquet_folder import Origin
from streams.contracts import Interaction, Topic
from streams.errors import ConfigurationError
from streams.provisioning import create_topics
from streams.settings import KafkaSettings
from support.interactions import interaction
from support.publishing import publish_records
from support.tls_broker import running_broker, variables

pytestmark = pytest.mark.integration

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
KILLED = """
import os, signal, sys
from pathlib import Path
from apps.analytics import export
from streams.settings import KafkaSettings

export.CONTRACTS[sys.argv[1]] = export.CONTRACTS["interactions"]
export.export(
    KafkaSettings(),
    sys.argv[1],
    Path(sys.argv[2]),
    on_files=lambda files: os.kill(os.getpid(), signal.SIGKILL),
)
"""
"""An export that is killed when the first batch's files have their names and are not committed."""


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    with running_broker(tmp_path_factory.mktemp("kafka-export")) as broker:
        yield broker.client("analyst")


@pytest.fixture
def topic(kafka: KafkaSettings, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty topic of the test's own, with interactions."""
    from apps.analytics.export import CONTRACTS

    made = Topic(f"interactions-{uuid4().hex}")
    create_topics(kafka, replicas=1, topics=[made])
    monkeypatch.setitem(CONTRACTS, made.name, Interaction)
    return made.name


def publish(kafka: KafkaSettings, topic: str, count: int) -> set[str]:
    """Publish events of three days; returns their ids."""
    events = [
        interaction(f"u{number}", "i", "view", NOON + timedelta(days=number % 3), position=number)
        for number in range(count)
    ]
    sent = publish_records(kafka, topic, [(event.key, event.encode()) for event in events])
    assert sent == count
    return {str(event.interaction_id) for event in events}


def exported(out: Path, topic: str) -> pd.DataFrame:
    return pd.read_parquet(out / topic)


def ids(out: Path, topic: str) -> list[str]:
    return sorted(exported(out, topic)["interaction_id"])


def test_the_days_are_folders_and_the_columns_have_the_contracts_types(
    kafka: KafkaSettings, topic: str, tmp_path: Path
) -> None:
    sent = publish(kafka, topic, 30)
    report = export(kafka, topic, tmp_path)
    assert (report.written, report.malformed, report.deleted) == (30, 0, 0)
    assert ids(tmp_path, topic) == sorted(sent)
    frame = exported(tmp_path, topic)
    assert set(frame["day"]) == {"2026-11-01", "2026-11-02", "2026-11-03"}
    assert (frame["timestamp"].dt.strftime("%Y-%m-%d") == frame["day"].astype(str)).all()
    assert frame["position"].sum() == sum(range(30))
    assert set(frame["interaction_type"]) == {"view"}
    assert list(frame.columns) == [*(each.name for each in Interaction.columns()), "day"]


def test_the_next_export_goes_on_where_the_last_one_ended(
    kafka: KafkaSettings, topic: str, tmp_path: Path
) -> None:
    sent = publish(kafka, topic, 20)
    export(kafka, topic, tmp_path)
    before = set(tmp_path.rglob("*.parquet"))
    assert export(kafka, topic, tmp_path).files == 0
    sent |= publish(kafka, topic, 20)
    assert export(kafka, topic, tmp_path).written == 20
    assert ids(tmp_path, topic) == sorted(sent)
    assert before < set(tmp_path.rglob("*.parquet"))


def test_a_kill_between_the_files_and_the_commit_doubles_nothing(
    kafka: KafkaSettings, topic: str, tmp_path: Path
) -> None:
    sent = publish(kafka, topic, 60)
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", KILLED, topic, tmp_path],
            env={**os.environ, **variables(kafka)},
            check=False,
        )
        assert done.returncode == -signal.SIGKILL
        assert 0 < len(ids(tmp_path, topic)) < len(sent)
        # The batch that is written again is larger, and so has another name.
        sent |= publish(kafka, topic, 30)
    report = export(kafka, topic, tmp_path)
    assert report.written == len(sent)
    assert ids(tmp_path, topic) == sorted(sent)


def test_what_a_killed_export_was_writing_is_removed(
    kafka: KafkaSettings, topic: str, tmp_path: Path
) -> None:
    sent = publish(kafka, topic, 3)
    export(kafka, topic, tmp_path)
    unfinished = tmp_path / topic / "day=2026-11-01" / ".unfinished-x"
    unfinished.write_bytes(b"PAR1")
    assert ids(tmp_path, topic) == sorted(sent)
    export(kafka, topic, tmp_path)
    assert not unfinished.exists()


def test_a_group_that_kafka_has_forgotten_doubles_and_loses_nothing(
    kafka: KafkaSettings, topic: str, tmp_path: Path
) -> None:
    sent = publish(kafka, topic, 30)
    export(kafka, topic, tmp_path)
    sent |= publish(kafka, topic, 30)
    export(kafka, topic, tmp_path)
    group = Origin.model_validate_json((tmp_path / topic / "_export.json").read_text()).group
    admin = AdminClient(kafka.librdkafka)
    admin.delete_consumer_groups([group])[group].result(10)
    sent |= publish(kafka, topic, 30)
    export(kafka, topic, tmp_path)
    assert ids(tmp_path, topic) == sorted(sent)


def test_since_is_where_the_first_export_begins(
    kafka: KafkaSettings, topic: str, tmp_path: Path
) -> None:
    publish(kafka, topic, 10)
    since = datetime.now(UTC) + timedelta(milliseconds=1)
    sent = publish(kafka, topic, 10)
    assert export(kafka, topic, tmp_path, since=since).written == 10
    sent |= publish(kafka, topic, 10)
    export(kafka, topic, tmp_path, since=datetime.now(UTC))
    assert ids(tmp_path, topic) == sorted(sent)


def test_records_that_break_the_contract_are_counted_and_left_out(
    kafka: KafkaSettings, topic: str, tmp_path: Path
) -> None:
    sent = publish(kafka, topic, 5)
    publish_records(kafka, topic, [("u", b"\xff"), ("u", b'{"rating": 9}')])
    report = export(kafka, topic, tmp_path)
    assert (report.written, report.malformed) == (5, 2)
    assert ids(tmp_path, topic) == sorted(sent)


def test_a_folder_has_one_export_and_one_kafka(
    kafka: KafkaSettings, topic: str, tmp_path: Path
) -> None:
    def again(_: list[Path]) -> None:
        with pytest.raises(ConfigurationError, match="another export works in"):
            export(kafka, topic, tmp_path)

    publish(kafka, topic, 1)
    assert export(kafka, topic, tmp_path, on_files=again).written == 1
    state = tmp_path / topic / "_export.json"
    state.write_text(Origin(cluster="another", group="analyst-export-1").model_dump_json())
    with pytest.raises(ConfigurationError, match="holds events of another Kafka"):
        export(kafka, topic, tmp_path)


def test_the_command_says_what_it_did(kafka: KafkaSettings, tmp_path: Path) -> None:
    publish(kafka, "interactions", 4)
    publish_records(kafka, "interactions", [("u", b"{")])
    recsys = Path(sys.executable).parent / "recsys"
    done = subprocess.run(
        [recsys, "events", "export", "--since", "1h", "--out", tmp_path],
        env={**os.environ, "COLUMNS": "400", **variables(kafka)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("4 events in ")
    assert "1 records break their contract and were left out" in done.stderr
    assert len(ids(tmp_path, "interactions")) == 4
