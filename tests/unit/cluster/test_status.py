"""The table of what runs, from objects as an API server returns them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from apps.cluster.oc import Oc
from apps.cluster.pattern import Pattern
from apps.cluster.status import Section, sections
from support.checkout import REPOSITORY

READY = [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-07-01T08:00:00Z"}]
OURS = {"argocd.argoproj.io/tracking-id": "recsys-hub:operators.coreos.com/Subscription:x"}


def thing(name: str, spec: Any = None, status: Any = None, **metadata: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "creationTimestamp": "2026-07-01T08:00:00Z", **metadata},
        "spec": spec or {},
        "status": status or {},
    }


def application(name: str, wave: int, sync: str, health: str, **status: Any) -> dict[str, Any]:
    return thing(
        name,
        status={
            "sync": {"status": sync, "revision": "0123456789abcdef"},
            "health": {"status": health},
            **status,
        },
        annotations={"argocd.argoproj.io/sync-wave": str(wave)},
    )


@pytest.fixture
def running(cluster: Any) -> Any:
    """A cluster where all is as it should be."""
    cluster.has(
        "applications.argoproj.io",
        [
            application("storefront", 6, "Synced", "Healthy"),
            application("kafka", 2, "Synced", "Healthy"),
        ],
    )
    cluster.has(
        "subscriptions.operators.coreos.com",
        [
            thing(
                "amq-streams",
                {"name": "amq-streams", "channel": "amq-streams-3.x"},
                {"installedCSV": "amqstreams.v3.1.0-14", "state": "AtLatestKnown"},
                namespace="amq-streams",
                annotations=OURS,
            ),
            thing("somebody-elses", {"name": "other"}, namespace="openshift-operators"),
        ],
    )
    cluster.has(
        "clusterserviceversions.operators.coreos.com",
        [thing("amqstreams.v3.1.0-14", status={"phase": "Succeeded"}, namespace="amq-streams")],
    )
    cluster.has(
        "kafkatopics.kafka.strimzi.io",
        [thing("interactions", {"partitions": 3, "replicas": 3}, {"conditions": READY})],
    )
    worker = {"connector": {"state": "RUNNING"}, "tasks": [{"id": 0, "state": "RUNNING"}]}
    cluster.has(
        "kafkaconnectors.kafka.strimzi.io",
        [thing("interactions-sink", status={"conditions": READY, "connectorStatus": worker})],
    )
    finished = {"startedAt": "2026-07-01T08:10:00Z", "finishedAt": "2026-07-01T08:20:00Z"}
    cluster.has(
        "workflows.argoproj.io",
        [thing("retrain-x7k2p", status={"phase": "Succeeded", **finished})],
    )
    admitted = [{"conditions": [{"type": "Admitted", "status": "True"}]}]
    route = {"host": "storefront-recsys.apps.example.com", "tls": {"termination": "edge"}}
    cluster.has("routes.route.openshift.io", [thing("storefront", route, {"ingress": admitted})])
    return cluster


def found(cluster: Any) -> dict[str, Section]:
    listed = sections(Oc(cluster.environment), Pattern.read(REPOSITORY))
    return {section.title: section for section in listed}


def cells(cluster: Any, title: str) -> list[tuple[str, ...]]:
    return [row.cells for row in found(cluster)[title].rows]


def status(cluster: Any, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "apps.cluster.status", *options],
        env={**os.environ, **cluster.environment, "COLUMNS": "160"},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )


def test_all_is_well(running: Any) -> None:
    done = status(running)
    assert done.returncode == 0, done.stdout + done.stderr
    for word in ("storefront", "amqstreams.v3.1.0-14", "interactions", "1/1 running", "Succeeded"):
        assert word in done.stdout
    assert "https://storefront-recsys.apps.example.com" in done.stdout
    assert "other" not in done.stdout


def test_json(running: Any) -> None:
    report = json.loads(status(running, "--json").stdout)
    assert [row["name"] for row in report["applications"]] == ["kafka", "storefront"]
    assert report["topics"] == [
        {
            "name": "interactions",
            "partitions": "3",
            "replicas": "3",
            "state": "ready",
            "healthy": True,
        }
    ]


def test_an_application_that_cannot_be_rendered(running: Any) -> None:
    """Argo CD calls it healthy; its sync is unknown, and a condition says why."""
    broken = application(
        "kafka",
        2,
        "Unknown",
        "Healthy",
        conditions=[{"type": "ComparisonError", "message": "failed to render"}],
        operationState={"phase": "Failed", "message": "one task failed"},
    )
    running.has("applications.argoproj.io", [broken])
    (row,) = found(running)["applications"].rows
    assert not row.healthy
    assert row.cells == (
        *("kafka", "2", "Unknown", "Healthy", "012345678"),
        "failed to render; one task failed",
    )
    assert status(running).returncode == 1


@pytest.mark.parametrize("phase", ["Running", "Failed", "Error"])
def test_an_application_says_what_it_waits_for(running: Any, phase: str) -> None:
    """A sync that Argo CD retries for ever is running, however often it has failed."""
    message = "one task failed. Retrying attempt #7 at 9:15AM."
    operation = {"phase": phase, "message": message}
    waiting = application("kafka", 2, "OutOfSync", "Healthy", operationState=operation)
    running.has("applications.argoproj.io", [waiting])
    (row,) = found(running)["applications"].rows
    assert row.cells[-1] == message


def test_an_operator_that_does_not_come_up(running: Any) -> None:
    (running.folder / "clusterserviceversions.operators.coreos.com.json").unlink()
    (row,) = found(running)["operators"].rows
    assert row.cells[-1] == "AtLatestKnown"
    assert not row.healthy


def test_a_topic_that_kafka_refuses(running: Any) -> None:
    conditions = [{"type": "NotReady", "status": "True", "message": "replication factor: 3"}]
    topic = thing("a", {"topicName": "in.teractions"}, {"conditions": conditions})
    running.has("kafkatopics.kafka.strimzi.io", [topic])
    assert cells(running, "topics") == [("in.teractions", "", "", "replication factor: 3")]


def test_a_task_that_has_failed(running: Any) -> None:
    trace = "Exiting task\n\tat a.b\nCaused by: x\n\tat c.d\nCaused by: no such table\n\tat e.f\n"
    worker = {
        "connector": {"state": "RUNNING"},
        "tasks": [{"id": 0, "state": "RUNNING"}, {"id": 1, "state": "FAILED", "trace": trace}],
    }
    restarts = {"count": 3, "connectorName": "sink"}
    sink = thing(
        "sink",
        status={"conditions": READY, "connectorStatus": worker, "autoRestart": restarts},
    )
    running.has("kafkaconnectors.kafka.strimzi.io", [sink])
    (row,) = found(running)["connectors"].rows
    assert row.cells == ("sink", "RUNNING", "1/2 running", "3", "Caused by: no such table")
    assert not row.healthy


def test_the_newest_runs_come_first(running: Any) -> None:
    runs = [
        thing(f"run-{day}", status={"phase": "Failed" if day == 9 else "Succeeded"})
        | {"metadata": {"name": f"run-{day}", "creationTimestamp": f"2026-07-{day:02}T00:00:00Z"}}
        for day in range(1, 10)
    ]
    running.has("workflows.argoproj.io", runs)
    assert [row[0] for row in cells(running, "pipeline runs")] == [
        f"run-{day}" for day in (9, 8, 7, 6, 5)
    ]
    assert [row.healthy for row in found(running)["pipeline runs"].rows] == [False, *[True] * 4]


def test_nothing_is_there_yet(cluster: Any) -> None:
    """The cluster does not even know the kinds."""
    done = status(cluster)
    assert done.returncode == 1
    assert "connectors: none yet" in done.stdout


def test_no_oc(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "apps.cluster.status"],
        env={"PATH": str(tmp_path), "PYTHONPATH": str(REPOSITORY)},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "neither oc nor kubectl is installed: install oc (https://" in done.stderr


def test_the_login_of_the_framework(running: Any) -> None:
    running.environment.update(K8S_AUTH_HOST="https://api:6443", K8S_AUTH_VERIFY_SSL="false")
    found(running)
    assert all("--server=https://api:6443" in call for call in running.calls)
    assert all("--insecure-skip-tls-verify" in call for call in running.calls)
