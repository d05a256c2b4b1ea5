"""What is late comes up by itself, and the commands for what does not."""

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.checkout import REPOSITORY
from support.lab.api import Api, Object
from support.lab.crds import schemaless
from support.lab.installation import Installation, installation
from support.lab.processes import wait_until
from support.lab.repository import copy_working_tree

pytestmark = pytest.mark.gitops

WAVE = "argocd.argoproj.io/sync-wave"
NAMESPACE = "/api/v1/namespaces/recsys"
LAST_RETRY_OF_THE_FRAMEWORK = 20
LATE = {
    "apiVersion": "example.com/v1",
    "kind": "Late",
    "metadata": {
        "name": "late",
        "annotations": {"argocd.argoproj.io/sync-options": "SkipDryRunOnMissingResource=true"},
    },
}
DEFINITION = schemaless("example.com", "Late")
SECONDS = 120


def edit_hub(checkout: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    file = checkout / "values-hub.yaml"
    values = yaml.safe_load(file.read_text())
    edit(values["clusterGroup"])
    file.write_text(yaml.safe_dump(values))


def with_a_late_kind(checkout: Path) -> None:
    """One application, with a kind that no operator has defined yet, and quick retries."""
    copy_working_tree(checkout)

    def only_kafka(group: dict[str, Any]) -> None:
        kafka = group["applications"]["kafka"]
        kafka["syncPolicy"]["retry"]["backoff"] = {"duration": "1s", "factor": 1}
        group["applications"] = {"kafka": kafka}

    edit_hub(checkout, only_kafka)
    (checkout / "charts/all/kafka/templates/late.yaml").write_text(yaml.safe_dump(LATE))


def without_openshift_ai(checkout: Path) -> None:
    """The working tree, with a DataScienceCluster that the stand-in never calls ready."""
    copy_working_tree(checkout)
    late = {"dataScienceCluster": {"name": "never-ready"}}
    (checkout / "overrides" / "openshift-ai.yaml").write_text(yaml.safe_dump(late))


@pytest.fixture
def late(api: Api, folder: Path) -> Iterator[Installation]:
    with installation(api, folder / "late-kind", with_a_late_kind) as late:
        late.begin()
        yield late
        late.uninstall()
        late.api.delete(_definitions("lates.example.com"))


@pytest.fixture(scope="module")
def shop(api: Api, folder: Path) -> Iterator[Installation]:
    with installation(api, folder / "no-openshift-ai", without_openshift_ai) as shop:
        shop.begin()
        yield shop
        if parent(shop)["status"]["operationState"]["phase"] == "Running":
            # what the documentation asks for before an incomplete installation is removed
            shop.api.kubectl(*_commands()[0])
        shop.uninstall()


def parent(shop: Installation) -> Object:
    path = f"/apis/argoproj.io/v1alpha1/namespaces/vp-gitops/applications/{shop.parent}"
    return shop.api.get(path) or {}


def test_a_sync_recovers_after_more_retries_than_the_frameworks(late: Installation) -> None:
    def retries() -> int:
        if not late.applications():
            return 0
        state = late.application("kafka").get("status", {}).get("operationState", {})
        return int(state.get("retryCount", 0))

    wait_until(lambda: retries() > LAST_RETRY_OF_THE_FRAMEWORK, 2 * SECONDS, "the retries")
    late.api.create(_definitions(), DEFINITION)
    late.wait_until_healthy(SECONDS)


def test_the_shop_does_not_wait_for_openshift_ai(shop: Installation) -> None:
    def healthy() -> set[int]:
        return {
            int(each["metadata"]["annotations"][WAVE])
            for each in shop.applications()
            if each.get("status", {}).get("health", {}).get("status") == "Healthy"
            and each["status"]["sync"]["status"] == "Synced"
        }

    wait_until(lambda: healthy() == {*range(8)}, 300, "all waves up to the seventh are healthy")

    def states() -> dict[str, str]:
        return {
            each["metadata"]["name"]: each.get("status", {}).get("health", {}).get("status", "")
            for each in shop.applications()
        }

    wait_until(lambda: states().get("openshift-ai") == "Progressing", SECONDS, "it is tried")
    assert not states().keys() & {"feature-server", "pipelines"}


def test_a_waiting_operation_is_ended_by_the_command_of_the_documentation(
    shop: Installation,
) -> None:
    """It waits with the commit that it began with, whatever is pushed."""

    def label(group: dict[str, Any]) -> None:
        group["namespaces"]["recsys"]["labels"]["pushed"] = "later"

    edit_hub(shop.fork.checkout, label)
    shop.push("a label of the namespace")
    terminate, _ = _commands()
    wait_until(
        lambda: parent(shop)["status"]["sync"]["revision"] == shop.framework.head,
        SECONDS,
        "Argo CD has read the push",
    )
    assert "pushed" not in (shop.api.get(NAMESPACE) or {})["metadata"]["labels"]
    shop.api.kubectl(*terminate)
    wait_until(
        lambda: "pushed" in (shop.api.get(NAMESPACE) or {})["metadata"]["labels"],
        SECONDS,
        "the label",
    )


def test_a_failed_operation_is_repeated_by_the_command_of_the_documentation(
    shop: Installation,
) -> None:
    def phase() -> str:
        return str(parent(shop)["status"]["operationState"]["phase"])

    terminate, repeat = _commands()
    wait_until(lambda: phase() == "Running", SECONDS, "the operation waits again")
    shop.api.kubectl(*terminate)
    wait_until(lambda: phase() == "Failed", SECONDS, "the operation has failed")
    shop.api.kubectl(*repeat)
    wait_until(lambda: phase() == "Running", SECONDS, "the operation waits again")


def test_training_comes_up_when_openshift_ai_does(shop: Installation) -> None:
    (shop.fork.checkout / "overrides" / "openshift-ai.yaml").unlink()
    shop.push("OpenShift AI is ready")
    shop.wait_until_healthy()


def _commands() -> list[list[str]]:
    """The arguments of `oc` in the two commands for the operation of the cluster group."""
    page = (REPOSITORY / "docs/troubleshooting.md").read_text()
    lines = re.findall(
        r"(?m)^oc (patch application\.argoproj\.io recsys-hub -n vp-gitops .*)$", page
    )
    assert len(lines) == 2
    return [shlex.split(line) for line in lines]


def _definitions(name: str = "") -> str:
    return f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}".rstrip("/")
