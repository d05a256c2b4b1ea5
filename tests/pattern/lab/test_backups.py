"""Pruning and the restore test on a real API server, with the rights that the chart gives them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import yaml

from apps.backups.api import Api as Backups
from apps.backups.prune import expired
from apps.backups.restore_test import newest, restored
from streams.errors import UnavailableError
from support.lab.api import MERGE_PATCH, Api, Object
from support.lab.processes import wait_until
from support.pattern.charts import manifests

pytestmark = pytest.mark.gitops

NAMESPACE = "backups"
RIGHTS = ("ServiceAccount", "Role", "RoleBinding")
GROUP = f"/apis/postgresql.k8s.enterprisedb.io/v1/namespaces/{NAMESPACE}"
CLUSTER = "recsys-db"
TIMEOUT = timedelta(minutes=1)


@pytest.fixture(scope="module")
def namespace(api: Api) -> Iterator[None]:
    api.create("/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
    rights = [
        {**each, "metadata": {"name": each["metadata"]["name"], "namespace": NAMESPACE}}
        for each in manifests("postgres", "production")
        if each["kind"] in RIGHTS
    ]
    api.kubectl("create", f"--namespace={NAMESPACE}", "-f", "-", stdin=yaml.safe_dump_all(rights))
    yield
    api.kubectl("delete", "namespace", "--wait", NAMESPACE)


def account(api: Api, name: str) -> Backups:
    """The operator's resources as a service account of the chart sees them."""
    path = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{name}/token"
    asked = api.client.post(path, json={"apiVersion": "authentication.k8s.io/v1", "spec": {}})
    token = asked.raise_for_status().json()["status"]["token"]
    client = httpx.Client(
        base_url=api.url, headers={"Authorization": f"Bearer {token}"}, verify=False
    )
    return Backups(client, NAMESPACE)


def back_up(api: Api, name: str, phase: str, stopped: str) -> None:
    spec = {"cluster": {"name": CLUSTER}, "method": "volumeSnapshot"}
    kind = {"apiVersion": "postgresql.k8s.enterprisedb.io/v1", "kind": "Backup"}
    api.create(f"{GROUP}/backups", {**kind, "metadata": {"name": name}, "spec": spec})
    set_status(api, f"backups/{name}", {"phase": phase, "stoppedAt": stopped})


def set_status(api: Api, path: str, status: Object) -> None:
    headers = {"Content-Type": MERGE_PATCH}
    done = api.client.patch(f"{GROUP}/{path}/status", json={"status": status}, headers=headers)
    done.raise_for_status()


def test_pruning_deletes_what_is_too_old(api: Api, namespace: None) -> None:
    for day, phase in enumerate(("completed", "failed", "running", "completed"), start=1):
        back_up(api, f"day-{day}", phase, f"2026-03-{day:02}T02:10:00Z")
    prune = account(api, "recsys-db-prune")
    later = datetime.now(UTC) + timedelta(days=15)
    assert newest(prune.backups(CLUSTER)) == "day-4"
    for name in expired(prune.backups(CLUSTER), retention=timedelta(days=14), kept=1, now=later):
        prune.delete_backup(name)
    left = {each["metadata"]["name"] for each in prune.backups(CLUSTER)}
    assert "day-3" in left
    assert "day-2" not in left
    assert len(left & {"day-1", "day-4"}) == 1
    with pytest.raises(UnavailableError, match="forbidden"):
        prune.create_cluster(restore_manifest())


def test_a_restored_cluster_is_ready_and_then_gone(api: Api, namespace: None) -> None:
    tester = account(api, "recsys-db-restore-test")
    manifest = restore_manifest()
    name = manifest["metadata"]["name"]
    ready = {"conditions": [condition("Ready")], "phase": "Cluster in healthy state"}
    with ThreadPoolExecutor() as operator:
        done = operator.submit(wait_until, lambda: made_ready(api, name, ready), 60, "the cluster")
        with restored(tester, manifest, TIMEOUT):
            assert api.get(f"{GROUP}/clusters/{name}")
        done.result()
    wait_until(lambda: api.get(f"{GROUP}/clusters/{name}") is None, 60, "the deletion")
    with pytest.raises(UnavailableError, match="forbidden"):
        tester.delete_cluster(CLUSTER)


def test_a_cluster_that_does_not_start_is_reported_and_deleted(api: Api, namespace: None) -> None:
    tester = account(api, "recsys-db-restore-test")
    manifest = restore_manifest()
    with (
        pytest.raises(UnavailableError, match="is not ready"),
        restored(tester, manifest, timedelta(0)),
    ):
        pass
    path = f"{GROUP}/clusters/{manifest['metadata']['name']}"
    wait_until(lambda: api.get(path) is None, 60, "the deletion")


def made_ready(api: Api, name: str, status: Object) -> bool:
    """The operator's part, without a kubelet."""
    if api.get(f"{GROUP}/clusters/{name}") is None:
        return False
    set_status(api, f"clusters/{name}", status)
    return True


def condition(kind: str) -> Object:
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return {
        "type": kind,
        "status": "True",
        "reason": "Test",
        "message": "",
        "lastTransitionTime": now,
    }


def restore_manifest() -> Object:
    (file,) = [
        each["data"]["cluster.yaml"]
        for each in manifests("postgres", "production")
        if each["kind"] == "ConfigMap"
    ]
    manifest: Object = yaml.safe_load(file)
    return manifest
