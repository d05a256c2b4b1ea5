"""Pruning and the restore test on a real API server, with the rights that the chart gives them."""

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Event

import httpx
import pytest
import yaml

from apps.backups.api import Api as Backups
from apps.backups.prune import expired
from apps.backups.restore_test import newest, restored
from streams.errors import ContractError, UnavailableError
from support.docs.pages import page
from support.lab.api import MERGE_PATCH, Api, Object
from support.pattern.charts import manifests, template

pytestmark = pytest.mark.gitops

NAMESPACE = "backups"
RIGHTS = ("ServiceAccount", "Role", "RoleBinding")
GROUP = f"/apis/postgresql.k8s.enterprisedb.io/v1/namespaces/{NAMESPACE}"
CLUSTER = "recsys-db"
TIMEOUT = timedelta(minutes=1)
READY = {
    "type": "Ready",
    "status": "True",
    "reason": "ClusterIsReady",
    "message": "",
    "lastTransitionTime": "2026-03-02T02:10:00Z",
}


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
    over = Event()
    with ThreadPoolExecutor() as operator:
        done = operator.submit(keep_ready, api, name, over)
        try:
            with restored(tester, manifest, TIMEOUT):
                assert api.get(f"{GROUP}/clusters/{name}")
        finally:
            over.set()
        done.result()
    api.wait_for(f"{GROUP}/clusters/{name}", lambda found: found is None, 60)
    with pytest.raises(UnavailableError, match="forbidden"):
        tester.delete_cluster(CLUSTER)


def test_a_bad_backup_leaves_no_cluster_behind(api: Api, namespace: None) -> None:
    tester = account(api, "recsys-db-restore-test")
    manifest = restore_manifest()
    path = f"{GROUP}/clusters/{manifest['metadata']['name']}"
    over = Event()
    with ThreadPoolExecutor() as operator:
        operator.submit(keep_ready, api, manifest["metadata"]["name"], over)
        try:
            with pytest.raises(ContractError), restored(tester, manifest, TIMEOUT):
                raise ContractError("it has no shoppers")
        finally:
            over.set()
    api.wait_for(path, lambda found: found is None, 60)


def test_a_trial_that_takes_too_long_is_reported(api: Api, namespace: None) -> None:
    tester = account(api, "recsys-db-restore-test")
    manifest = restore_manifest()
    path = f"{GROUP}/clusters/{manifest['metadata']['name']}"
    manifest["metadata"]["finalizers"] = ["example.net/stays"]
    api.create(f"{GROUP}/clusters", manifest)
    with (
        pytest.raises(UnavailableError, match="still being deleted"),
        restored(tester, restore_manifest(), timedelta(seconds=1)),
    ):
        pass
    api.patch(path, {"metadata": {"finalizers": None}})
    api.wait_for(path, lambda found: found is None, 60)


@pytest.mark.parametrize("method", ["volumeSnapshot", "objectStore"])
def test_documented_restores_are_accepted(
    api: Api, namespace: None, environment: dict[str, str], method: str
) -> None:
    """The commands of docs/day-2.md, with the template that the chart makes for the method."""
    settings = f"--set=sizes.production.backup.method={method}"
    done = template("postgres", "production", settings, "--set=objectStore.destinationPath=s3://b")
    file = next(each for each in yaml.safe_load_all(done.stdout) if each["kind"] == "ConfigMap")
    file["metadata"]["namespace"] = NAMESPACE
    api.apply([file])
    (command,) = [
        block.text
        for block in page("docs/day-2.md").blocks
        if "oc get configmap" in block.text
        and ("the-newest" in block.text) == (method == "volumeSnapshot")
    ]
    name = "recsys-db-restored"
    command = command.replace("-n recsys ", f"-n {NAMESPACE} ").replace("NAME-OF-THE-BACKUP", "b-1")
    subprocess.run(["bash", "-euo", "pipefail", "-c", command], env=environment, check=True)
    made = api.get(f"{GROUP}/clusters/{name}")
    assert made
    api.delete(f"{GROUP}/clusters/{name}")
    api.wait_for(f"{GROUP}/clusters/{name}", lambda found: found is None, 60)
    recovery = made["spec"]["bootstrap"]["recovery"]
    assert (recovery["database"], recovery["owner"]) == ("recsys", "recsys")
    if method == "volumeSnapshot":
        assert recovery["backup"] == {"name": "b-1"}
    else:
        assert recovery["source"] == made["spec"]["externalClusters"][0]["name"]
        assert recovery["recoveryTarget"]["targetTime"] == "2026-03-02 14:30:00+01"


def keep_ready(api: Api, name: str, over: Event) -> None:
    """The part of the operator, which leaves this one alone: no volume has a snapshot here."""
    while not over.wait(0.5):
        if api.get(f"{GROUP}/clusters/{name}"):
            with suppress(httpx.HTTPStatusError):  # it was deleted meanwhile
                leave = {"k8s.enterprisedb.io/reconciliationLoop": "disabled"}
                api.patch(f"{GROUP}/clusters/{name}", {"metadata": {"annotations": leave}})
                set_status(api, f"clusters/{name}", {"conditions": [READY]})


def restore_manifest() -> Object:
    (file,) = [
        each["data"]["cluster.yaml"]
        for each in manifests("postgres", "production")
        if each["kind"] == "ConfigMap"
    ]
    manifest: Object = yaml.safe_load(file)
    return manifest
