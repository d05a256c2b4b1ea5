"""A build that fails is started again, and the next wave waits for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from support.lab.api import Api, Object
from support.lab.builds import BUILDS, STREAMS
from support.lab.installation import Installation, installation
from support.lab.processes import wait_until
from support.lab.repository import copy_working_tree
from support.lab.restart import restarts

pytestmark = pytest.mark.gitops

NEEDED = ("images", "kafka")
CONTAINERFILE = "apps/storefront/Containerfile"
SECONDS = 180


def copy_without_a_containerfile(checkout: Path) -> None:
    """The working tree with two applications, the first of which lacks what it builds."""
    copy_working_tree(checkout)
    (checkout / CONTAINERFILE).rename(checkout / f"{CONTAINERFILE}.lost")
    values_file = checkout / "values-hub.yaml"
    values = yaml.safe_load(values_file.read_text())
    applications = values["clusterGroup"]["applications"]
    values["clusterGroup"]["applications"] = {name: applications[name] for name in NEEDED}
    values_file.write_text(yaml.safe_dump(values))
    every_minute = {"restart": {"schedule": "* * * * *"}}
    (checkout / "overrides" / "images.yaml").write_text(yaml.safe_dump(every_minute))


@pytest.fixture(scope="module")
def shop(api: Api, folder: Path) -> Iterator[Installation]:
    with installation(api, folder / "failing-build", copy_without_a_containerfile) as shop:
        shop.begin()
        with restarts(api, "recsys", folder / "failing-build" / "restarts"):
            yield shop
        shop.uninstall()


def builds_of(api: Api, image: str) -> list[Object]:
    path = f"{BUILDS}/namespaces/recsys/builds?labelSelector=app.kubernetes.io/component%3D{image}"
    return sorted(api.items(path), key=lambda build: str(build["metadata"]["name"]))


def phases(api: Api, image: str) -> list[str]:
    return [build.get("status", {}).get("phase", "New") for build in builds_of(api, image)]


def test_a_failed_build_is_started_again(shop: Installation) -> None:
    wait_until(
        lambda: phases(shop.api, "storefront")[:2] == ["Failed", "Failed"], SECONDS, "two builds"
    )
    assert phases(shop.api, "pipeline") == ["Complete"]
    assert [each["metadata"]["name"] for each in shop.applications()] == ["images"]
    assert shop.application("images")["status"]["health"]["status"] == "Progressing"


def test_the_pattern_recovers_when_the_build_can_succeed(shop: Installation) -> None:
    lost = shop.fork.checkout / f"{CONTAINERFILE}.lost"
    lost.rename(shop.fork.checkout / CONTAINERFILE)
    shop.push("bring the Containerfile back")
    shop.wait_until_healthy(SECONDS)
    assert phases(shop.api, "storefront")[-1] == "Complete"
    assert phases(shop.api, "processor") == ["Complete"]


def test_an_image_that_is_lost_is_built_again(shop: Installation) -> None:
    path = f"{STREAMS}/namespaces/recsys/imagestreams/processor"
    shop.api.delete(path)
    wait_until(lambda: (shop.api.get(path) or {}).get("status", {}).get("tags"), SECONDS, "the tag")
    assert phases(shop.api, "processor") == ["Complete", "Complete"]
    shop.wait_until_healthy(SECONDS)
