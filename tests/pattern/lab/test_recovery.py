"""The shop without OpenShift AI, and the commands for an operation that waits or has failed."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.checkout import REPOSITORY
from support.lab.api import Api, Object
from support.lab.applications import WAVE
from support.lab.installation import INSTALL_SECONDS, Installation, installation
from support.lab.repository import copy_working_tree, edit_hub

pytestmark = pytest.mark.gitops

NAMESPACE = "/api/v1/namespaces/recsys"
SECONDS = 180


def without_openshift_ai(checkout: Path) -> None:
    """The working tree, with a DataScienceCluster that the stand-in never calls ready."""
    copy_working_tree(checkout)
    late = {"dataScienceCluster": {"name": "never-ready"}}
    (checkout / "overrides" / "openshift-ai.yaml").write_text(yaml.safe_dump(late))


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


def test_the_shop_does_not_wait_for_openshift_ai(shop: Installation) -> None:
    def healthy() -> set[int]:
        return {
            int(each["metadata"]["annotations"][WAVE])
            for each in shop.applications()
            if each.get("status", {}).get("health", {}).get("status") == "Healthy"
            and each["status"]["sync"]["status"] == "Synced"
        }

    shop.wait_until(
        lambda: healthy() == {*range(8)}, INSTALL_SECONDS, "all waves up to the seventh are healthy"
    )

    def states() -> dict[str, str]:
        return {
            each["metadata"]["name"]: each.get("status", {}).get("health", {}).get("status", "")
            for each in shop.applications()
        }

    shop.wait_until(lambda: states().get("openshift-ai") == "Progressing", SECONDS, "it is tried")
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
    shop.wait_until(
        lambda: parent(shop)["status"]["sync"]["revision"] == shop.framework.head,
        SECONDS,
        "Argo CD has read the push",
    )
    assert "pushed" not in (shop.api.get(NAMESPACE) or {})["metadata"]["labels"]
    shop.api.kubectl(*terminate)
    shop.wait_until(
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
    shop.wait_until(lambda: phase() == "Running", SECONDS, "the operation waits again")
    shop.api.kubectl(*terminate)
    shop.wait_until(lambda: phase() == "Failed", SECONDS, "the operation has failed")
    shop.api.kubectl(*repeat)
    shop.wait_until(lambda: phase() == "Running", SECONDS, "the operation waits again")


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
