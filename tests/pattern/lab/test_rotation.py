"""A secret is rotated: what reads it is restarted, on a real API server with real controllers.

In place of Vault a program notes its calls; in place of External Secrets it writes the time of
a refresh into the status.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.cluster.rotation import Rotation
from support.checkout import REPOSITORY
from support.lab.api import Api, Object
from support.lab.places import BIN
from support.lab.processes import wait_until

pytestmark = pytest.mark.gitops

NAMESPACE = "rotated"
OC = f"""#!/bin/sh
case " $* " in *" exec "*) echo "$*" >>"$NOTES"; exit ;; esac
{BIN}/kubectl "$@" || exit
case "$2 $3" in "annotate externalsecrets.external-secrets.io")
  {BIN}/kubectl patch externalsecret "$4" --namespace {NAMESPACE} --subresource=status \\
    --type=merge --patch='{{"status": {{"refreshTime": "2031-01-01T00:00:00Z"}}}}' >/dev/null
esac
"""
RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def container(secret: str) -> Object:
    source = {"secretKeyRef": {"name": secret, "key": "password"}}
    return {
        "name": "main",
        "image": "registry.example.com/main:1",
        "env": [{"name": "PASSWORD", "valueFrom": source}],
        "securityContext": RESTRICTED,
    }


def manifest(api_version: str, kind: str, name: str, spec: Object) -> Object:
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}


def external_secret(name: str, field: str) -> Object:
    remote = {"key": "secret/data/hub/database", "property": field}
    spec = {
        "secretStoreRef": {"name": "vault-backend", "kind": "ClusterSecretStore"},
        "data": [{"secretKey": "password", "remoteRef": remote}],
    }
    return manifest("external-secrets.io/v1", "ExternalSecret", name, spec)


def deployment(name: str, secret: str) -> Object:
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container(secret)]}}
    spec = {"replicas": 2, "selector": {"matchLabels": labels}, "template": template}
    return manifest("apps/v1", "Deployment", name, spec)


FEATURE_STORE = manifest(
    "feast.dev/v1",
    "FeatureStore",
    "features",
    {
        "feastProject": "recsys",
        "services": {
            "onlineStore": {
                "persistence": {"store": {"type": "postgres", "secretRef": {"name": "recsys-db"}}}
            }
        },
    },
)


@pytest.fixture
def namespace(api: Api) -> Iterator[str]:
    api.create("/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
    yield NAMESPACE
    api.kubectl("delete", "namespace", NAMESPACE, "--wait=false")


def uids(api: Api) -> dict[str, set[str]]:
    """Of the pods that live, by the part that they belong to."""
    found: dict[str, set[str]] = {}
    for pod in api.items(f"/api/v1/namespaces/{NAMESPACE}/pods"):
        if "deletionTimestamp" not in pod["metadata"]:
            app = pod["metadata"]["labels"]["app"]
            found.setdefault(app, set()).add(pod["metadata"]["uid"])
    return found


def test_what_reads_a_secret_is_restarted(
    api: Api, environment: dict[str, str], namespace: str, tmp_path: Path
) -> None:
    (tmp_path / "oc").unlink()
    (tmp_path / "oc").write_text(OC)
    (tmp_path / "oc").chmod(0o755)
    environment["NOTES"] = str(tmp_path / "notes")
    api.apply(
        [
            external_secret("recsys-db", "storefront"),
            external_secret("other", "processor"),
            deployment("reader", "recsys-db"),
            deployment("bystander", "other"),
            FEATURE_STORE,
        ]
    )
    wait_until(
        lambda: (
            {name: len(pods) for name, pods in uids(api).items()} == {"reader": 2, "bystander": 2}
        ),
        60,
        "the pods",
        lambda: uids(api),
    )
    before = uids(api)
    said: list[str] = []
    Rotation.of(REPOSITORY, environment, "database", "storefront").run(said.append)
    assert said == [
        "Vault has a new database/storefront",
        "Secret rotated/recsys-db has it",
        "Deployment rotated/reader reads it",
        "FeatureStore rotated/features reads it",
    ]
    assert "hub/database storefront=-" in (tmp_path / "notes").read_text()
    after = uids(api)
    assert after["bystander"] == before["bystander"]
    assert after["reader"].isdisjoint(before["reader"])
    path = f"/apis/feast.dev/v1/namespaces/{NAMESPACE}/featurestores/features"
    annotations = (api.get(path) or {})["metadata"]["annotations"]
    assert "force-sync" in annotations
