"""operators.lock: each subscription has an entry, and its files are what they were."""

import hashlib
import os
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from support.checkout import REPOSITORY
from support.lab.crds import documents
from support.lab.lock import GIVEN, files, operators
from support.pattern import clustergroup
from support.pattern.charts import fork, manifests
from support.pattern.clustergroup import Manifest
from support.pattern.values import FILES, read

TOOLS = REPOSITORY / "tests/support/tools"
PRODUCTION = "overrides/values-production.yaml"
NO_SUBSCRIPTIONS = {"barman-cloud", "framework", "platform"}


def build(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [TOOLS / "build.sh", "definitions"],
        env={**os.environ, "RECSYS_GITOPS_BIN": str(folder / "bin"), **variables},
        capture_output=True,
        text=True,
        check=True,
    )


def test_every_subscription_is_locked() -> None:
    subscriptions = read(*FILES, PRODUCTION)["clusterGroup"]["subscriptions"]
    locked = {
        key: (each["package"], each["source"], each["channel"]) for key, each in operators().items()
    }
    assert locked == {
        key: (each["name"], each.get("source", "redhat-operators"), each["channel"])
        for key, each in subscriptions.items()
    }


def subscriptions(size: str) -> dict[str, Manifest]:
    """The specification of each Subscription by its package."""
    found = (each for each in clustergroup.objects(fork(size)) if each["kind"] == "Subscription")
    return {each["spec"]["name"]: each["spec"] for each in found}


def test_production_installs_what_is_locked_and_asks_before_updates() -> None:
    production = subscriptions("production")
    locked = {each["package"]: each["csv"] for each in operators().values() if "csv" in each}
    pinned = {
        name: spec["startingCSV"] for name, spec in production.items() if "startingCSV" in spec
    }
    assert pinned == locked
    assert {spec["installPlanApproval"] for spec in production.values()} == {"Manual"}


def test_the_demo_follows_the_channels() -> None:
    for spec in subscriptions("demo").values():
        assert spec["installPlanApproval"] == "Automatic"
        assert "startingCSV" not in spec


def test_production_pins_a_version_of_kafka_that_the_operator_runs() -> None:
    [kafka] = [each for each in manifests("kafka", "production") if each["kind"] == "Kafka"]
    assert kafka["spec"]["kafka"]["version"] == operators()["kafka"]["kafka"]


def test_every_definition_belongs_to_an_operator() -> None:
    assert {file.operator for file in files()} <= set(operators()) | NO_SUBSCRIPTIONS


def test_one_version_of_each_kind_is_the_head() -> None:
    every = {kind for file in files() for kind, _ in documents(file)}
    heads = Counter(kind for file in files() if file.head for kind, _ in documents(file))
    assert heads == Counter(dict.fromkeys(every, 1))


@pytest.mark.skipif(not GIVEN.is_dir(), reason="without it all are fetched, and checked then")
def test_the_given_files_are_those_of_the_lock() -> None:
    locked = {file.path: file for file in files() if not file.module}
    assert set(GIVEN.rglob("*.yaml")) | set(GIVEN.rglob("*.json")) == set(locked)
    assert [file.title for file in locked.values() if not file.is_intact()] == []


def test_modules_are_those_that_are_fetched() -> None:
    script = (TOOLS / "build.sh").read_text()
    versions = dict(re.findall(r"^\t(\S+) (v\S+)", (TOOLS / "go.mod").read_text(), re.MULTILINE))
    fetched = {
        name: re.sub(r"@\$\(version .*", f"@{versions.get(module.split('@')[0])}", module)
        for name, module in re.findall(r'^module (\S+) "?([^\n"]+)"?$', script, re.MULTILINE)
    }
    locked = {file.path: file.module for file in files() if file.module}
    for path, module in locked.items():
        assert path.is_file(), path
        assert module in fetched.values()


def lock(folder: Path, **checksums: str) -> dict[str, str]:
    """A lock of files in a folder, by their names and checksums."""
    rows = "".join(f'{{ name = "{k}.yaml", sha256 = "{v}" }},' for k, v in checksums.items())
    file = folder / "operators.lock"
    file.write_text(
        f'[[definitions]]\nof = "kafka"\nversion = "1"\nurl = "file://{folder}"\nfiles = [{rows}]\n'
    )
    return {"RECSYS_CRDS": str(folder / "none"), "RECSYS_LOCK": str(file)}


def test_missing_definitions_are_fetched_once_and_failures_are_reported(tmp_path: Path) -> None:
    published = tmp_path / "published.yaml"
    published.write_text("kind: CustomResourceDefinition\n")
    (tmp_path / "changed.yaml").write_text("kind: Other\n")
    right = hashlib.sha256(published.read_bytes()).hexdigest()
    variables = lock(tmp_path, published=right, changed=right, withdrawn=right)
    first = build(tmp_path, **variables)
    assert "kafka, 1: published.yaml: fetched" in first.stdout
    assert "changed.yaml has another SHA-256" in first.stderr
    assert "withdrawn.yaml: it cannot be fetched" in first.stderr
    assert {file.name for file in (tmp_path / "definitions").iterdir()} == {"published.yaml"}
    assert "published.yaml" not in build(tmp_path, **variables).stdout


def test_a_damaged_definition_is_fetched_again(tmp_path: Path) -> None:
    published = tmp_path / "published.yaml"
    published.write_text("kind: CustomResourceDefinition\n")
    variables = lock(tmp_path, published=hashlib.sha256(published.read_bytes()).hexdigest())
    build(tmp_path, **variables)
    (tmp_path / "definitions" / "published.yaml").write_text("kind: Custom")
    assert "fetched" in build(tmp_path, **variables).stdout


def test_nothing_is_fetched_if_a_folder_is_given(tmp_path: Path) -> None:
    (tmp_path / "given").mkdir()
    done = build(tmp_path, RECSYS_CRDS=str(tmp_path / "given"), RECSYS_LOCK="/nothing")
    assert done.stderr == ""
