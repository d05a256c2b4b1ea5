"""Upgrades: of the first version that the operators bring up, and then of the operators."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.lab.api import Api
from support.lab.crds import newer
from support.lab.installation import Installation, installation
from support.lab.operator_update import definitions_kept, update, update_after_conversion
from support.lab.repository import copy_revision, copy_working_tree, first_revision_with
from support.pattern.charts import all_manifests

pytestmark = pytest.mark.gitops

TRACKED_BY = "argocd.argoproj.io/tracking-id"
HOOK = "argocd.argoproj.io/hook"
COMES_UP = "tests/support/lab/external_secrets.py"
"""Since this file is there, the lab runs real operators, and the charts come up with them."""
HOLD_DATA = {"Cluster", "Kafka", "KafkaNodePool", "KafkaTopic"}


@pytest.fixture(scope="module")
def first_version(api: Api, folder: Path) -> Iterator[Installation]:
    revision = os.environ.get("RECSYS_UPGRADE_FROM") or first_revision_with(COMES_UP)
    if not revision:
        pytest.skip(f"no commit at hand has {COMES_UP}: set RECSYS_UPGRADE_FROM")
    with (
        definitions_kept(api),
        installation(
            api, folder / "upgrade", lambda checkout: copy_revision(revision, checkout)
        ) as first_version,
    ):
        first_version.install()
        yield first_version
        first_version.uninstall()


def test_the_first_version_upgrades_to_this_one(first_version: Installation) -> None:
    shop = first_version
    with_data = {key: uid for key, uid in _tracked(shop.api).items() if key[0] in HOLD_DATA}
    assert {kind for kind, _ in with_data} == HOLD_DATA

    shop.fork.empty()
    copy_working_tree(shop.fork.checkout)
    shop.push("upgrade")
    shop.delete_removed()
    shop.wait_until_healthy()

    upgraded = _tracked(shop.api)
    replaced = {key for key, uid in with_data.items() if key in upgraded and upgraded[key] != uid}
    assert not replaced, "objects with data were replaced"
    orphans = set(upgraded) - _wanted(shop)
    assert not orphans


def test_operators_are_updated(first_version: Installation) -> None:
    """Strimzi's update is refused until its objects are converted, as docs/day-2.md says."""
    shop = first_version
    before = _tracked(shop.api)
    refused = update(shop.api)
    assert refused.keys() == {name for name in newer() if name.endswith(".kafka.strimzi.io")}
    for name, reason in refused.items():
        assert '"v1beta2": missing from spec.versions' in reason
        update_after_conversion(shop.api, name)
    shop.compare_anew()
    shop.wait_until_healthy()
    assert _tracked(shop.api) == before


def _tracked(api: Api) -> dict[tuple[str, str], str]:
    """The uids of the objects of the pattern's Applications, without hooks, by kind and name."""
    return {
        (each["kind"], each["metadata"]["name"]): each["metadata"]["uid"]
        for each in api.everything()
        if TRACKED_BY in each["metadata"].get("annotations", {})
        and HOOK not in each["metadata"]["annotations"]
        and not each["metadata"].get("ownerReferences")
    }


def _wanted(shop: Installation) -> set[tuple[str, str]]:
    manifests = [*all_manifests(shop.pattern), *shop.group_objects()]
    return {(each["kind"], each["metadata"]["name"]) for each in manifests}
