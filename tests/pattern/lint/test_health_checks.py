"""The pattern's health checks, run by Argo CD itself on objects in each state."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.pattern.charts import checked
from support.pattern.values import FILES, read

IMAGE = "image.openshift.io/v1"
EDB = "postgresql.k8s.enterprisedb.io/v1"
Case = tuple[str, str, dict[str, Any], str]
"""Version, kind, status, and the expected health."""
CASES: list[Case] = [
    ("v1", "PersistentVolumeClaim", {"phase": "Pending"}, "Healthy"),
    ("v1", "PersistentVolumeClaim", {"phase": "Lost"}, "Progressing"),
    ("argoproj.io/v1alpha1", "Application", {}, "Progressing"),
    (
        "argoproj.io/v1alpha1",
        "Application",
        {"sync": {"status": "OutOfSync"}, "health": {"status": "Healthy"}},
        "Progressing",
    ),
    (
        "argoproj.io/v1alpha1",
        "Application",
        {"sync": {"status": "Synced"}, "health": {"status": "Degraded"}},
        "Degraded",
    ),
    (
        "argoproj.io/v1alpha1",
        "Application",
        {"sync": {"status": "Synced"}, "health": {"status": "Healthy"}},
        "Healthy",
    ),
    (IMAGE, "ImageStream", {"tags": [{"tag": "0.0.9", "items": [{}]}]}, "Progressing"),
    (IMAGE, "ImageStream", {"tags": [{"tag": "0.1.0"}]}, "Progressing"),
    (IMAGE, "ImageStream", {"tags": [{"tag": "0.1.0", "items": [{}]}]}, "Healthy"),
    (EDB, "Cluster", {"phase": "Setting up primary"}, "Progressing"),
    (EDB, "Cluster", {"conditions": [{"type": "Ready", "status": "False"}]}, "Progressing"),
    (EDB, "Cluster", {"conditions": [{"type": "Ready", "status": "True"}]}, "Healthy"),
    (EDB, "ScheduledBackup", {"nextScheduleTime": "2026-07-01T00:00:00Z"}, "Healthy"),
    (EDB, "ScheduledBackup", {"error": "invalid schedule"}, "Degraded"),
    (EDB, "Pooler", {"instances": 1}, "Progressing"),
    (EDB, "Pooler", {"instances": 2}, "Healthy"),
    ("kafka.strimzi.io/v1", "KafkaConnector", {}, "Progressing"),
    (
        "kafka.strimzi.io/v1",
        "KafkaConnector",
        {
            "conditions": [{"type": "Ready", "status": "True"}],
            "connectorStatus": {
                "connector": {"state": "RUNNING"},
                "tasks": [{"id": 0, "state": "FAILED", "trace": "no such table"}],
            },
        },
        "Degraded",
    ),
    (
        "kafka.strimzi.io/v1",
        "KafkaConnector",
        {
            "conditions": [{"type": "Ready", "status": "True"}],
            "connectorStatus": {"connector": {"state": "RUNNING"}, "tasks": [{"state": "RUNNING"}]},
        },
        "Healthy",
    ),
    (
        "kafka.strimzi.io/v1",
        "KafkaConnector",
        {"conditions": [{"type": "NotReady", "status": "True", "message": "no cluster"}]},
        "Degraded",
    ),
    ("feast.dev/v1", "FeatureStore", {"phase": "Pending"}, "Progressing"),
    ("feast.dev/v1", "FeatureStore", {"phase": "Ready"}, "Healthy"),
    (
        "feast.dev/v1",
        "FeatureStore",
        {"phase": "Failed", "conditions": [{"type": "Registry", "status": "False"}]},
        "Degraded",
    ),
    (
        "datasciencepipelinesapplications.opendatahub.io/v1",
        "DataSciencePipelinesApplication",
        {"conditions": [{"type": "Ready", "status": "False", "message": "no database"}]},
        "Progressing",
    ),
    (
        "datasciencepipelinesapplications.opendatahub.io/v1",
        "DataSciencePipelinesApplication",
        {"conditions": [{"type": "Ready", "status": "True"}]},
        "Healthy",
    ),
    (
        "datasciencecluster.opendatahub.io/v2",
        "DataScienceCluster",
        {"conditions": [{"type": "Ready", "status": "False", "message": "no dashboard"}]},
        "Progressing",
    ),
    (
        "datasciencecluster.opendatahub.io/v2",
        "DataScienceCluster",
        {"conditions": [{"type": "Ready", "status": "True"}]},
        "Healthy",
    ),
]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checks in the ConfigMap argocd-cm, as Argo CD's operator writes it."""
    data = {}
    for check in read(*FILES)["clusterGroup"]["argoCD"]["resourceHealthChecks"]:
        group = f"{check['group']}_" if "group" in check else ""
        data[f"resource.customizations.health.{group}{check['kind']}"] = check["check"]
    labels = {"app.kubernetes.io/name": "argocd-cm", "app.kubernetes.io/part-of": "argocd"}
    file = tmp_path_factory.mktemp("argocd") / "argocd-cm.yaml"
    metadata = {"name": "argocd-cm", "labels": labels}
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
    file.write_text(yaml.safe_dump(manifest))
    return file


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[1]}-{case[3]}")
def test_health(settings: Path, tmp_path: Path, case: Case) -> None:
    version, kind, status, health = case
    file = tmp_path / "object.yaml"
    spec = {"instances": 2} if kind == "Pooler" else {}
    labels = {"app.kubernetes.io/version": "0.1.0"}
    metadata = {"name": "it", "namespace": "elsewhere", "labels": labels}
    file.write_text(
        yaml.safe_dump(
            {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}
            | ({"status": status} if status else {})
        )
    )
    said = checked(
        *("argocd", "admin", "settings", "resource-overrides", "health", file),
        *("--argocd-cm-path", settings),
    )
    assert re.search(rf"STATUS: {health}\b", said), said


def test_every_health_check_has_a_case() -> None:
    checks = read(*FILES)["clusterGroup"]["argoCD"]["resourceHealthChecks"]
    assert {check["kind"] for check in checks} == {kind for _, kind, _, _ in CASES}
