"""Backups to an object store: the manifests, and the plugin for the operator that writes them."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import yaml

from support.checkout import REPOSITORY
from support.lab.lock import files
from support.lab.places import MODULES
from support.pattern.charts import checked, template, title
from support.pattern.clustergroup import Manifest
from support.pattern.definitions import faults, schemas

PLUGIN = MODULES / "barman-cloud"
OBJECT_STORE = (
    "--set=sizes.production.backup.method=objectStore",
    "--set=objectStore.destinationPath=s3://bucket/recsys",
    "--set=objectStore.endpointURL=https://s3.example.net",
)
KUSTOMIZATION = REPOSITORY / "overrides/barman-cloud/kustomization.yaml"
BY_URL = re.compile(r"https://\S+/download/(v[\d.]+)/(manifest\.yaml)")


def test_manifests_for_an_object_store_hold_against_the_definitions() -> None:
    manifests = production(*OBJECT_STORE)
    assert "ObjectStore" in {each["kind"] for each in manifests}
    assert not list(unknown(manifests))


@pytest.mark.parametrize("options", [(), OBJECT_STORE], ids=["snapshots", "object store"])
def test_the_restored_cluster_holds_against_the_definitions(options: tuple[str, ...]) -> None:
    manifests = production(*options)
    (restored,) = [
        yaml.safe_load(each["data"]["cluster.yaml"])
        for each in manifests
        if each["kind"] == "ConfigMap"
    ]
    (cluster,) = [each for each in manifests if each["kind"] == "Cluster"]
    assert not list(unknown([restored]))
    for field in ("imageName", "storage", "walStorage"):
        assert restored["spec"][field] == cluster["spec"][field]
    assert (
        restored["spec"]["postgresql"]["parameters"] == cluster["spec"]["postgresql"]["parameters"]
    )
    assert "plugins" not in restored["spec"], "it must not write to the database's archive"


def production(*options: str) -> list[Manifest]:
    done = template("postgres", "production", *options)
    assert done.returncode == 0, done.stderr
    return [each for each in yaml.safe_load_all(done.stdout) if each]


def unknown(manifests: Iterable[Manifest]) -> Iterator[str]:
    """What a version of the definitions of the operator or of its plugin refuses."""
    for file in files():
        known = schemas(file.text()) if file.operator in {"postgres", "barman-cloud"} else {}
        for manifest in manifests:
            if schema := known.get(f"{manifest['apiVersion']} {manifest['kind']}"):
                yield from (f"{title(manifest)}: {fault}" for fault in faults(schema, manifest))


def test_the_plugin_is_installed_where_and_as_edbs_operator_looks_for_it(tmp_path: Path) -> None:
    plugin = kustomized(tmp_path)
    assert {each["metadata"].get("namespace", "edb-postgres") for each in plugin} == {
        "edb-postgres"
    }
    (service,) = [each for each in plugin if each["kind"] == "Service"]
    group = "k8s.enterprisedb.io"
    labels, annotations = service["metadata"]["labels"], service["metadata"]["annotations"]
    assert labels[f"{group}/pluginName"] == "barman-cloud.cloudnative-pg.io"
    assert set(annotations) == {
        f"{group}/{name}" for name in ("pluginPort", "pluginClientSecret", "pluginServerSecret")
    }
    secrets = {each["spec"]["secretName"] for each in plugin if each["kind"] == "Certificate"}
    assert secrets == {annotations[f"{group}/plugin{side}Secret"] for side in ("Client", "Server")}
    groups = {
        name
        for each in plugin
        if each["kind"] == "ClusterRole"
        for rule in each["rules"]
        for name in rule.get("apiGroups", [])
    }
    assert "postgresql.k8s.enterprisedb.io" in groups
    assert "postgresql.cnpg.io" not in groups


def test_openshift_admits_the_plugin(tmp_path: Path) -> None:
    (deployment,) = [each for each in kustomized(tmp_path) if each["kind"] == "Deployment"]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert not {"runAsUser", "runAsGroup"} & set(container["securityContext"])
    assert container["securityContext"]["readOnlyRootFilesystem"] is True


def kustomized(folder: Path) -> list[Manifest]:
    """The kustomization, with the manifest of the plugin's Go module of the same version."""
    text = KUSTOMIZATION.read_text()
    (source,) = BY_URL.finditer(text)
    version = (PLUGIN.parent / f".{PLUGIN.name}").read_text().strip().rpartition("@")[2]
    assert source[1] == version, "the kustomization and the definitions have different versions"
    (folder / source[2]).write_text((PLUGIN / source[2]).read_text())
    (folder / KUSTOMIZATION.name).write_text(text.replace(source[0], source[2]))
    return [each for each in yaml.safe_load_all(checked("kubectl", "kustomize", folder)) if each]
