"""Every operator of the pattern is installed, in the version that its channel has."""

import pytest

from apps.cluster.oc import Oc, Resource
from apps.cluster.pattern import Pattern


@pytest.fixture(scope="module")
def found(oc: Oc) -> dict[tuple[str, str], Resource]:
    """The Subscriptions by namespace and package."""
    return {
        (item["metadata"]["namespace"], item["spec"]["name"]): item
        for item in oc.resources("subscriptions.operators.coreos.com")
    }


def test_every_subscription_exists(
    pattern: Pattern, found: dict[tuple[str, str], Resource]
) -> None:
    expected = {(namespace, package) for package, namespace in pattern.subscriptions.items()}
    assert expected - found.keys() == set()


def test_every_operator_is_installed(
    oc: Oc, pattern: Pattern, found: dict[tuple[str, str], Resource]
) -> None:
    versions = {
        (item["metadata"]["namespace"], item["metadata"]["name"]): item["status"].get("phase")
        for item in oc.resources("clusterserviceversions.operators.coreos.com")
    }
    phases = {
        package: versions.get((namespace, subscription.get("status", {}).get("installedCSV", "")))
        for package, namespace in pattern.subscriptions.items()
        if (subscription := found.get((namespace, package)))
    }
    assert set(phases.values()) == {"Succeeded"}, phases


def test_no_update_waits(pattern: Pattern, found: dict[tuple[str, str], Resource]) -> None:
    """But for those that somebody approves."""
    waiting = [
        package
        for package, namespace in pattern.subscriptions.items()
        if (item := found.get((namespace, package)))
        and item["spec"].get("installPlanApproval") != "Manual"
        and item.get("status", {}).get("state") == "UpgradePending"
    ]
    assert waiting == []
