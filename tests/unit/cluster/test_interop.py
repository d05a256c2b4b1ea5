"""The tests of an installed cluster pass on one that is well, and fail on one that is not."""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from apps.cluster.pattern import Pattern
from support.checkout import REPOSITORY

REACHABLE = "reachable"
"""What goes to an address; there is no server here."""
READY = [{"type": "Ready", "status": "True"}]


@pytest.fixture
def installed(cluster: Any) -> Any:
    pattern = Pattern.read(REPOSITORY)
    subscriptions, versions = [], []
    for package, namespace in pattern.subscriptions.items():
        metadata = {"name": package, "namespace": namespace}
        status = {"installedCSV": f"{package}.v1", "state": "AtLatestKnown"}
        subscriptions.append({"metadata": metadata, "spec": {"name": package}, "status": status})
        versions.append(
            {"metadata": {**metadata, "name": f"{package}.v1"}, "status": {"phase": "Succeeded"}}
        )
    cluster.has("subscriptions.operators.coreos.com", subscriptions)
    cluster.has("clusterserviceversions.operators.coreos.com", versions)
    healthy = {"sync": {"status": "Synced"}, "health": {"status": "Healthy"}}
    applications = [{"metadata": {"name": name}, "status": healthy} for name in pattern.namespaces]
    cluster.has("applications.argoproj.io", applications)
    topic = {"metadata": {"name": "interactions"}, "spec": {}, "status": {"conditions": READY}}
    cluster.has("kafkatopics.kafka.strimzi.io", [topic])
    worker = {"connector": {"state": "RUNNING"}, "tasks": [{"id": 0, "state": "RUNNING"}]}
    sink = {"metadata": {"name": "sink"}, "status": {"connectorStatus": worker}}
    cluster.has("kafkaconnectors.kafka.strimzi.io", [sink])
    run = {"metadata": {"name": "run", "creationTimestamp": "2026-07-01T08:00:00Z"}}
    cluster.has("workflows.argoproj.io", [{**run, "status": {"phase": "Succeeded"}}])
    pods(cluster, {"phase": "Running", "conditions": READY}, {"phase": "Succeeded"})
    version = {"status": {"desired": {"version": "4.20.3"}}}
    cluster.has_one("clusterversions.config.openshift.io", version)
    platform = {"status": {"platformStatus": {"type": "AWS"}}}
    cluster.has_one("infrastructures.config.openshift.io", platform)
    return cluster


def pods(cluster: Any, *statuses: dict[str, Any]) -> None:
    found = [{"metadata": {"name": f"pod-{n}"}, "status": each} for n, each in enumerate(statuses)]
    cluster.has("pods", found)


def interop(cluster: Any, results: Path) -> tuple[set[str], dict[str, Any]]:
    """The tests that failed, by JUnit's report, and the result."""
    environment = {**os.environ, **cluster.environment}
    environment.pop("PYTEST_ADDOPTS", None)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "--config-file", "tests/interop/pytest.ini"),
            *("tests/interop", "-k", f"not {REACHABLE}", "-p", "no:cacheprovider"),
            *("--junit-xml", results / "interop.xml", "--results", results),
        ],
        env=environment,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    cases = list(ET.parse(results / "interop.xml").iter("testcase"))
    assert len(cases) > 5, done.stdout + done.stderr
    failed = {case.attrib["name"] for case in cases if len(case)}
    assert (done.returncode == 0) == (not failed)
    (badge,) = results.glob("*.json")
    assert badge.name == "recsys-aws-4.20-stable-badge.json"
    return failed, json.loads(badge.read_text())


def test_all_is_well(installed: Any, tmp_path: Path) -> None:
    failed, result = interop(installed, tmp_path)
    assert failed == set()
    assert (result["color"], result["infraProvider"]) == ("green", "AWS")
    assert (result["patternName"], result["openshiftVersion"]) == ("recsys", "4.20")


def test_what_is_wrong_is_found(installed: Any, tmp_path: Path) -> None:
    pods(installed, {"phase": "Pending"})
    (installed.folder / "clusterserviceversions.operators.coreos.com.json").unlink()
    installed.has("applications.argoproj.io", [])
    installed.has("kafkatopics.kafka.strimzi.io", [])
    failed, result = interop(installed, tmp_path)
    assert failed == {
        "test_every_pod_is_ready",
        "test_every_operator_is_installed",
        "test_applications_are_healthy",
        "test_component[topics]",
    }
    assert result["color"] == "red"
