"""Everything that is wrong is said before anything is done."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from apps.cluster.preflight import Preflight, Purpose, run
from streams.errors import RecsysError
from support.checkout import REPOSITORY

DEFAULT = {"storageclass.kubernetes.io/is-default-class": "true"}
FILES = (
    "values-global.yaml",
    "values-hub.yaml",
    "values-secret.yaml.template",
    "overrides",
    "charts",
)
NODE = {"spec": {}, "status": {"allocatable": {"cpu": "7500m", "memory": "31987032Ki"}}}


@pytest.fixture
def ready(cluster: Any, fork: Any) -> Any:
    """A cluster and a checkout that nothing is wrong with."""
    for name in FILES:
        source = REPOSITORY / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, fork.path / name)
    token = Path(cluster.environment["HOME"]) / ".config/recsys/edb-token"
    token.parent.mkdir(parents=True)
    token.write_text("a-token")
    cluster.allows("yes")
    openshift(cluster, "4.20.3")
    storage_classes(cluster, storage_class("thin", DEFAULT))
    nodes(cluster, *[NODE] * 3)
    registry(cluster, "Managed")
    return cluster


def openshift(cluster: Any, version: str, platform: str = "None") -> None:
    status = {"desired": {"version": version}}
    cluster.has_one("clusterversions.config.openshift.io", {"status": status})
    cluster.has_one(
        "infrastructures.config.openshift.io", {"status": {"platformStatus": {"type": platform}}}
    )


def storage_class(name: str, annotations: dict[str, str] | None = None) -> dict[str, Any]:
    metadata = {"name": name, "annotations": annotations or {}}
    return {"metadata": metadata, "provisioner": "csi.example.com"}


def nodes(cluster: Any, *found: dict[str, Any]) -> None:
    named = [{"metadata": {"name": f"worker-{n}"}, **node} for n, node in enumerate(found)]
    cluster.has("nodes", named)


def registry(cluster: Any, state: str, **available: str) -> None:
    status = {"conditions": [{"type": "Available", **available}]} if available else {}
    config = {"spec": {"managementState": state}, "status": status}
    cluster.has_one("configs.imageregistry.operator.openshift.io", config)


def storage_classes(cluster: Any, *classes: dict[str, Any]) -> None:
    cluster.has("storageclasses", classes)


def problems(cluster: Any, fork: Any, purpose: Purpose = Purpose.INSTALL) -> dict[str, str]:
    found = {}
    for name, check in Preflight(fork.path, cluster.environment).checks(purpose).items():
        try:
            check()
        except RecsysError as error:
            found[name] = str(error)
    return found


def test_nothing_is_wrong(ready: Any, fork: Any) -> None:
    assert problems(ready, fork) == {}


def test_not_logged_in(ready: Any, fork: Any) -> None:
    (ready.folder / "can-i").unlink()
    assert "not logged in to a cluster: oc login" in problems(ready, fork)["login"]


def test_no_administrator(ready: Any, fork: Any) -> None:
    ready.allows("no")
    assert problems(ready, fork) == {
        "login": "the login is not a cluster administrator's: log in as one"
    }


@pytest.mark.parametrize("version", ["4.18.9", "3.11.0"])
def test_an_old_cluster(ready: Any, fork: Any, version: str) -> None:
    openshift(ready, version)
    assert problems(ready, fork) == {
        "version": f"the cluster is OpenShift {version}; 4.19 or newer is needed: upgrade it"
    }


def test_no_openshift(ready: Any, fork: Any) -> None:
    (ready.folder / "clusterversions.config.openshift.io.json").unlink()
    assert "this is not an OpenShift cluster" in problems(ready, fork)["version"]


def test_no_default_storage_class(ready: Any, fork: Any) -> None:
    storage_classes(ready, storage_class("thin"))
    assert "no storage class is the default" in problems(ready, fork)["storage"]
    assert "the cluster has thin" in problems(ready, fork)["storage"]


def test_a_storage_class_of_the_platform_that_is_not_there(ready: Any, fork: Any) -> None:
    openshift(ready, "4.20.3", platform="AWS")
    assert "names gp3-csi, but the cluster has thin" in problems(ready, fork)["storage"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "will be switched on"),
        ({"config.yaml": "enableUserWorkload: true"}, "is on"),
        ({"config.yaml": "prometheusK8s: {}"}, "is off: alerts and dashboards stay empty"),
        ({}, "is off"),
    ],
)
def test_monitoring_is_no_obstacle(ready: Any, fork: Any, data: Any, words: str) -> None:
    if data is not None:
        ready.has_one("configmaps", {"data": data})
    checks = Preflight(fork.path, ready.environment).checks(Purpose.INSTALL)
    assert words in checks["monitoring"]()


def test_a_missing_secret(ready: Any, fork: Any) -> None:
    token = Path(ready.environment["HOME"]) / ".config/recsys/edb-token"
    token.write_text("\n")
    for purpose in (Purpose.INSTALL, Purpose.LOAD_SECRETS):
        found = problems(ready, fork, purpose)["secrets"]
        assert "edb/token is to be in ~/.config/recsys/edb-token" in found
    assert "secrets" not in problems(ready, fork, Purpose.UNINSTALL)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is to be in ~/.config/recsys/edb-token, which is missing or empty"),
        (" \n\t\n", "is to be in ~/.config/recsys/edb-token, which is missing or empty"),
        ("a-token\nanother\n", "is to be one word; ~/.config/recsys/edb-token has 2"),
        ("export TOKEN=a b", "is to be one word; ~/.config/recsys/edb-token has 3"),
    ],
)
def test_a_token_that_is_none(ready: Any, fork: Any, content: str, words: str) -> None:
    token = Path(ready.environment["HOME"]) / ".config/recsys/edb-token"
    token.write_text(content)
    found = problems(ready, fork)["secrets"]
    assert f"edb/token {words} (docs/install.md" in found


def test_a_token_may_end_with_a_newline(ready: Any, fork: Any) -> None:
    (Path(ready.environment["HOME"]) / ".config/recsys/edb-token").write_text("a-token\n")
    assert problems(ready, fork) == {}


def test_a_token_in_the_file_itself(ready: Any, fork: Any) -> None:
    own = Path(ready.environment["HOME"]) / "values-secret-recsys.yaml"
    said = {" ": f"has no value in {own}", "a b": f"is to be one word; {own} has 2"}
    for value, words in said.items():
        field = {"name": "token", "value": value}
        own.write_text(yaml.safe_dump({"secrets": [{"name": "edb", "fields": [field]}]}))
        assert f"edb/token {words}" in problems(ready, fork)["secrets"]


@pytest.mark.parametrize("change", [{"override": True}, {"onMissingValue": "error", "value": "x"}])
def test_a_first_field_that_would_replace_the_others(ready: Any, fork: Any, change: Any) -> None:
    """The loader writes the first field by `put`, which drops the fields that are not given."""
    secrets = yaml.safe_load((REPOSITORY / "values-secret.yaml.template").read_text())
    own = Path(ready.environment["HOME"]) / "values-secret-recsys.yaml"
    database = secrets["secrets"][0]
    database["fields"][1] |= change
    own.write_text(yaml.safe_dump(secrets))
    assert problems(ready, fork) == {}
    database["fields"][0] |= change
    own.write_text(yaml.safe_dump(secrets))
    said = problems(ready, fork)["secrets"]
    assert (
        "loading database/recsys would replace the generated processor, connect, pipeline" in said
    )
    database["fields"] = database["fields"][:1]
    own.write_text(yaml.safe_dump(secrets))
    assert problems(ready, fork) == {}


def test_secrets_of_ones_own_come_first(ready: Any, fork: Any) -> None:
    own = Path(ready.environment["HOME"]) / "values-secret-recsys.yaml"
    own.write_text('version: "2.0"\nsecrets: [{name: edb, fields: [{name: token, value: }]}]\n')
    assert f"edb/token has no value in {own}" in problems(ready, fork)["secrets"]
    own.write_text('version: "2.0"\nsecrets: [{name: edb, fields: [{name: token, value: x}]}]\n')
    assert problems(ready, fork) == {}
    own.write_text("$ANSIBLE_VAULT;1.1;AES256\n6162\n")
    assert problems(ready, fork) == {}


def test_a_secrets_file_that_is_none(ready: Any, fork: Any) -> None:
    ready.environment["VALUES_SECRET"] = "/nowhere/secrets.yaml"
    assert "VALUES_SECRET names /nowhere/secrets.yaml" in problems(ready, fork)["secrets"]
    wrong = fork.path / "secrets.yaml"
    wrong.write_text("[]")
    ready.environment["VALUES_SECRET"] = str(wrong)
    assert "is no list of secrets" in problems(ready, fork)["secrets"]


def test_the_command_says_all_at_once_and_changes_nothing(ready: Any, fork: Any) -> None:
    openshift(ready, "4.18.0")
    storage_classes(ready)
    nodes(ready)
    registry(ready, "Removed")
    done = subprocess.run(
        [sys.executable, "-m", "apps.cluster.preflight", "--purpose", "install"],
        env={**os.environ, **ready.environment, "PYTHONPATH": str(REPOSITORY)},
        cwd=fork.path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    for line in (
        "ok     secrets",
        "error  version: the cluster is OpenShift 4.18.0",
        "error  capacity: 0.0 CPU and 0 GiB on schedulable nodes: 0;",
        "error  storage: no",
        "error  registry: the cluster's registry is Removed",
        "ok     operators",
        "ok     monitoring",
    ):
        assert line in done.stderr
    assert "Nothing was changed." in done.stderr
    assert all(" get " in call or " auth can-i " in call for call in ready.calls)


def test_nothing_of_the_cluster_is_checked_without_a_login(ready: Any, fork: Any) -> None:
    (ready.folder / "can-i").unlink()
    console = Console(record=True, width=200)
    assert not run(Preflight(fork.path, ready.environment).checks(Purpose.INSTALL), console)
    said = console.export_text()
    assert "ok     fork" in said
    assert "The cluster was not checked." in said
    assert "version" not in said
