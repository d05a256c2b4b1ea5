"""The cluster's Kafka Connect against the sink's code and the laptop's worker."""

import re
from pathlib import Path

import pytest

from apps.local.connect import initialise
from apps.local.distribution import Distribution, _listed
from apps.local.settings import LocalSettings
from streams.sink.__main__ import connectors_json
from streams.sink.connectors import sink_connectors
from streams.sink.restarts import MAX_RESTARTS
from support.lab.lock import operators
from support.pattern.charts import CHARTS, SIZES, manifests
from support.pattern.clustergroup import Manifest

CREDENTIALS = "/mnt/database"
URL = (
    "jdbc:postgresql://recsys-db-rw:5432/recsys"
    "?sslmode=verify-full&sslrootcert=/mnt/database-ca/ca.crt"
)


Connect = tuple[Manifest, ...]


@pytest.fixture(scope="module", params=SIZES)
def connect(request: pytest.FixtureRequest) -> Connect:
    return manifests("connect", request.param)


@pytest.fixture
def worker(connect: Connect) -> Manifest:
    workers: list[Manifest] = [each["spec"] for each in connect if each["kind"] == "KafkaConnect"]
    (worker,) = workers
    return worker


def test_the_laptop_runs_the_kafka_that_the_operator_delivers() -> None:
    versions = {each.version for each in _listed() if each.group == "org.apache.kafka"}
    assert versions == {operators()["kafka"]["kafka"]}


def test_the_connectors_are_those_of_the_code(connect: Connect) -> None:
    there = {
        each["metadata"]["name"]: {
            "connector.class": each["spec"]["class"],
            "tasks.max": str(each["spec"]["tasksMax"]),
            **each["spec"]["config"],
        }
        for each in connect
        if each["kind"] == "KafkaConnector"
    }
    expected = sink_connectors(
        URL,
        f"${{directory:{CREDENTIALS}:username}}",
        f"${{directory:{CREDENTIALS}:password}}",
        replicas=3,
    )
    assert there == {connector.name: connector.config for connector in expected}


def test_the_charts_file_is_up_to_date() -> None:
    file = CHARTS["connect"] / "files" / "connectors.json"
    assert file.read_text() == connectors_json(), f"run python -m streams.sink > {file}"


def test_the_worker_is_configured_as_the_laptops(worker: Manifest, tmp_path: Path) -> None:
    initialise(LocalSettings(state_dir=tmp_path), Distribution(tmp_path / "distribution"))
    laptop = dict(
        line.split("=", 1)
        for line in (tmp_path / "connect" / "worker.properties").read_text().splitlines()
    )
    of_the_place = re.compile(r"replication\.factor$|^config\.providers|^scheduled\.rebalance")
    for key, value in worker["config"].items():
        if not of_the_place.search(key):
            assert str(value) == laptop[key], key
    assert worker["groupId"] == laptop["group.id"]


def test_a_failed_task_is_restarted_as_often_as_on_the_laptop(connect: Connect) -> None:
    policies = [each["spec"]["autoRestart"] for each in connect if each["kind"] == "KafkaConnector"]
    assert policies
    for policy in policies:
        assert policy == {"enabled": True, "maxRestarts": MAX_RESTARTS}
