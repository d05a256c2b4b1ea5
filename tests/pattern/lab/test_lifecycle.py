"""An installation in order: install, manual edits, pushed changes, a broken push, uninstall."""

import json
import shutil
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.lab.api import Api, Object
from support.lab.applications import WAVE
from support.lab.cluster_make import Make
from support.lab.installation import Installation
from support.lab.openshift_cluster import openshift_cluster
from support.lab.references import unresolved

pytestmark = pytest.mark.gitops

SERVICES = "/api/v1/namespaces/recsys/services"
DEPLOYMENTS = "/apis/apps/v1/namespaces/recsys/deployments"
CLUSTERS = "/apis/postgresql.k8s.enterprisedb.io/v1/namespaces/recsys/clusters"
KAFKA = "/apis/kafka.strimzi.io/v1/namespaces/recsys"
SECONDS = 180


def test_every_application_is_synced_and_healthy(shop: Installation) -> None:
    shop.install()


def test_every_wave_waits_for_the_earlier_ones(shop: Installation) -> None:
    waves: dict[int, list[Object]] = {}
    for application in shop.applications():
        wave = int(application["metadata"]["annotations"][WAVE])
        waves.setdefault(wave, []).append(application)
    assert len(waves) > 1
    for earlier, later in zip(sorted(waves), sorted(waves)[1:], strict=False):
        finished = max(_time_of_first_sync(each, "deployedAt") for each in waves[earlier])
        started = min(_time_of_first_sync(each, "deployStartedAt") for each in waves[later])
        assert finished <= started, f"wave {later} began before wave {earlier} was done"


def test_pods_find_the_secrets_that_they_read(shop: Installation) -> None:
    """The operators' own among them, except those of operators that do not run here."""
    names = _names(shop)
    absent = {
        f"{names['kafka']}-cluster-ca-cert",
        *(each["metadata"]["name"] for each in shop.api.items(f"{KAFKA}/kafkausers")),
        f"ds-pipeline-s3-{names['pipelines']}",
    }
    assert {name for name, _ in unresolved(shop.api, "recsys")} <= absent


def test_the_databases_operator_leaves_what_is_not_its_own(shop: Installation) -> None:
    """It looks at everything again when the Cluster is touched."""
    before = _monitors(shop)
    path = f"{CLUSTERS}/{_names(shop)['database']}"
    shop.api.patch(path, {"metadata": {"annotations": {"example.com/touched": "true"}}})
    time.sleep(10)
    assert _monitors(shop) == before


def test_the_tests_of_an_installed_pattern_pass(
    shop: Installation, make: Make, tmp_path: Path
) -> None:
    """In a checkout without the applications that the lab leaves out."""
    shutil.copytree(shop.fork.checkout, tmp_path / "fork")
    values_file = tmp_path / "fork" / "values-hub.yaml"
    values = yaml.safe_load(values_file.read_text())
    for name in shop.left_out():
        del values["clusterGroup"]["applications"][name]
    values_file.write_text(yaml.safe_dump(values))
    with openshift_cluster(shop, tmp_path / "authority"):
        make("interop", f"RESULTS={tmp_path / 'results'}", checkout=tmp_path / "fork")
    [result] = (tmp_path / "results").glob("*.json")
    assert result.name == "recsys-aws-4.20-stable-badge.json"
    assert json.loads(result.read_text())["color"] == "green"


def test_a_deleted_object_is_restored(shop: Installation) -> None:
    path = f"{SERVICES}/{_names(shop)['storefront']}"
    deleted = _object(shop.api, path)["metadata"]["uid"]
    shop.api.delete(path)
    shop.api.wait_for(
        path, lambda found: found is not None and found["metadata"]["uid"] != deleted, SECONDS
    )


@pytest.mark.parametrize(
    ("path", "field", "edited"),
    [
        (f"{DEPLOYMENTS}/{{processor}}", "replicas", 7),
        (f"{KAFKA}/kafkatopics/interactions", "partitions", 48),
    ],
    ids=["replicas", "topic"],
)
def test_a_manual_edit_is_reverted(shop: Installation, path: str, field: str, edited: int) -> None:
    path = path.format(**_names(shop))
    expected = _object(shop.api, path)["spec"][field]
    shop.api.patch(path, {"spec": {field: edited}})
    shop.wait_until(
        lambda: _object(shop.api, path)["spec"][field] == expected, SECONDS, f"{field} of {path}"
    )
    shop.wait_until_healthy(SECONDS)


def test_a_pushed_value_is_applied(shop: Installation) -> None:
    path = f"{DEPLOYMENTS}/{_names(shop)['processor']}"
    values_file = shop.fork.checkout / "charts/all/processor/values.yaml"
    values = yaml.safe_load(values_file.read_text())
    size = values["sizes"][shop.pattern.values["global"]["size"]]
    size["replicas"] += 1
    values_file.write_text(yaml.safe_dump(values))
    shop.push("one more processor")
    shop.wait_until_healthy(SECONDS)
    assert _object(shop.api, path)["spec"]["replicas"] == size["replicas"]


def test_a_pushed_override_of_the_cluster_group_is_applied(shop: Installation) -> None:
    path = f"{KAFKA}/kafkanodepools/broker"
    brokers = _object(shop.api, path)["spec"]["replicas"] + 2
    size = shop.pattern.values["global"]["size"]
    values_file = shop.fork.checkout / "values-hub.yaml"
    values = yaml.safe_load(values_file.read_text())
    override = {"name": f"sizes.{size}.brokers", "value": str(brokers)}
    values["clusterGroup"]["applications"]["kafka"]["overrides"] = [override]
    values_file.write_text(yaml.safe_dump(values))
    shop.push("two more brokers")
    shop.wait_until(
        lambda: _object(shop.api, path)["spec"]["replicas"] == brokers, SECONDS, "the brokers"
    )
    shop.wait_until_healthy(SECONDS)


def test_a_push_that_the_databases_operator_refuses_is_reported(shop: Installation) -> None:
    path = f"{CLUSTERS}/{_names(shop)['database']}"
    before = _object(shop.api, path)
    size = shop.pattern.values["global"]["size"]
    values_file = shop.fork.checkout / "charts/all/postgres/values.yaml"
    values = yaml.safe_load(values_file.read_text())
    values["sizes"][size]["storage"] = "1Gi"
    values_file.write_text(yaml.safe_dump(values))
    shop.push("a smaller volume")

    def is_reported() -> bool:
        # it is missing for a moment while Argo CD begins the operation
        operation = shop.application("postgres")["status"].get("operationState", {})
        return "can't shrink existing storage" in operation.get("message", "")

    shop.wait_until(is_reported, SECONDS, "the refusal is reported")
    assert _object(shop.api, path)["spec"] == before["spec"]

    shop.fork.git("revert", "--no-edit", "HEAD")
    shop.push("the volume as it was")
    shop.wait_until_healthy()


def test_a_broken_push_is_reported_and_leaves_what_runs_untouched(shop: Installation) -> None:
    path = f"{DEPLOYMENTS}/{_names(shop)['storefront']}"
    before = _object(shop.api, path)
    template = shop.fork.checkout / "charts/all/storefront/templates/deployment.yaml"
    _break(template)
    shop.push("break the storefront")

    def is_reported() -> bool:
        conditions = shop.application("storefront")["status"].get("conditions", [])
        return any(
            each["type"] == "ComparisonError" and "out of stock" in each["message"]
            for each in conditions
        )

    shop.wait_until(is_reported, SECONDS, "the push is reported as broken")
    assert shop.application("storefront")["status"]["sync"]["status"] == "Unknown"
    time.sleep(5)
    after = _object(shop.api, path)
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert after["metadata"]["generation"] == before["metadata"]["generation"]
    assert after["status"]["availableReplicas"] == before["status"]["availableReplicas"]

    shop.fork.git("revert", "--no-edit", "HEAD")
    shop.push("repair the storefront")
    shop.wait_until_healthy(SECONDS)


def test_uninstalling_leaves_nothing(shop: Installation) -> None:
    assert shop.api.snapshot() - shop.before
    shop.uninstall()
    assert not shop.api.snapshot() - shop.before


def _monitors(shop: Installation) -> dict[str, str]:
    """The uids of the PodMonitors by name."""
    found = shop.api.items("/apis/monitoring.coreos.com/v1/namespaces/recsys/podmonitors")
    return {each["metadata"]["name"]: each["metadata"]["uid"] for each in found}


def _break(template: Path) -> None:
    template.write_text(template.read_text() + '\n{{ fail "out of stock" }}\n')


def _time_of_first_sync(application: Object, field: str) -> datetime:
    first = application["status"]["history"][0]
    return datetime.fromisoformat(first[field])


def _object(api: Api, path: str) -> Object:
    found = api.get(path)
    assert found, f"{path} does not exist"
    return found


def _names(shop: Installation) -> dict[str, Any]:
    names: dict[str, Any] = shop.pattern.values["global"]["names"]
    return names
