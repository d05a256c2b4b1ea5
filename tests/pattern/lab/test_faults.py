"""What is late or fails comes up by itself: a kind without a definition, and a build.

Both are in one wave, and the next wave waits for them.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.lab import crds
from support.lab.api import Api, Object
from support.lab.applications import is_healthy
from support.lab.builds import BUILDS, STREAMS
from support.lab.installation import Installation, installation
from support.lab.repository import copy_working_tree, edit_hub
from support.lab.restart import restarts

pytestmark = pytest.mark.gitops

BUILT, LATE, NEXT = "images", "consolelinks", "kafka"
CONTAINERFILE = "apps/storefront/Containerfile"
DEFINITION = crds.schemaless("example.com", "Late")
WITHOUT_DEFINITION = {
    "apiVersion": "example.com/v1",
    "kind": "Late",
    "metadata": {
        "name": "late",
        "annotations": {"argocd.argoproj.io/sync-options": "SkipDryRunOnMissingResource=true"},
    },
}
LAST_RETRY_OF_THE_FRAMEWORK = 20
SECONDS = 300


def copy_with_faults(checkout: Path) -> None:
    """The working tree with three applications.

    One lacks what it builds; one has a kind that no operator has defined yet, and quick retries.
    """
    copy_working_tree(checkout)
    (checkout / CONTAINERFILE).rename(checkout / f"{CONTAINERFILE}.lost")
    every_minute = {"restart": {"schedule": "* * * * *"}}
    (checkout / "overrides" / f"{BUILT}.yaml").write_text(yaml.safe_dump(every_minute))
    late = checkout / "charts/all" / LATE / "templates/late.yaml"
    late.write_text(yaml.safe_dump(WITHOUT_DEFINITION))

    def edit(group: dict[str, Any]) -> None:
        needed = {name: group["applications"][name] for name in (BUILT, LATE, NEXT)}
        needed[LATE]["annotations"] = needed[BUILT]["annotations"]
        policy = needed[LATE]["syncPolicy"]
        quick = policy["retry"] | {"backoff": {"duration": "200ms", "factor": 1}}
        needed[LATE]["syncPolicy"] = policy | {"retry": quick}
        group["applications"] = needed

    edit_hub(checkout, edit)


@pytest.fixture(scope="module")
def shop(api: Api, folder: Path) -> Iterator[Installation]:
    with installation(api, folder / "faults", copy_with_faults) as shop:
        shop.begin()
        with restarts(api, "recsys", folder / "faults" / "restarts"):
            yield shop
        shop.uninstall()
        api.delete(f"{crds.PATH}/{DEFINITION['metadata']['name']}")


def builds_of(api: Api, image: str) -> list[Object]:
    path = f"{BUILDS}/namespaces/recsys/builds?labelSelector=app.kubernetes.io/component%3D{image}"
    return sorted(api.items(path), key=lambda build: str(build["metadata"]["name"]))


def phases(api: Api, image: str) -> list[str]:
    return [build.get("status", {}).get("phase", "New") for build in builds_of(api, image)]


def test_a_sync_recovers_after_more_retries_than_the_frameworks(shop: Installation) -> None:
    def retries() -> int:
        state = shop.application(LATE)["status"].get("operationState", {})
        return int(state.get("retryCount", 0))

    shop.wait_until(lambda: retries() > LAST_RETRY_OF_THE_FRAMEWORK, SECONDS, "the retries")
    shop.api.create(crds.PATH, DEFINITION)
    shop.wait_until(
        lambda: is_healthy(shop.application(LATE), shop.fork.head), SECONDS, "it is healthy"
    )


def test_a_failed_build_is_started_again(shop: Installation) -> None:
    shop.wait_until(
        lambda: phases(shop.api, "storefront")[:2] == ["Failed", "Failed"], SECONDS, "two builds"
    )
    for image in ("processor", "pipeline"):
        assert phases(shop.api, image) == ["Complete"], image
    assert NEXT not in [each["metadata"]["name"] for each in shop.applications()]
    assert shop.application(BUILT)["status"]["health"]["status"] == "Progressing"


def test_a_repaired_build_and_a_lost_image_are_built(shop: Installation) -> None:
    """By the next run of the job, which comes a minute after the one before; the others stay."""
    lost = shop.fork.checkout / f"{CONTAINERFILE}.lost"
    lost.rename(shop.fork.checkout / CONTAINERFILE)
    shop.push("bring the Containerfile back")
    shop.api.delete(f"{STREAMS}/namespaces/recsys/imagestreams/processor")
    shop.wait_until(
        lambda: phases(shop.api, "processor") == ["Complete", "Complete"], SECONDS, "the lost image"
    )
    shop.wait_until_healthy()
    assert phases(shop.api, "storefront")[-1] == "Complete"
    assert phases(shop.api, "pipeline") == ["Complete"]
