"""The namespace of the framework's operator, by the rules of the playbook that installs it."""

from typing import Any

import pytest

from apps.cluster import framework
from apps.cluster.oc import Oc
from streams.errors import ConfigurationError

PACKAGE = "packagemanifests.packages.operators.coreos.com"
PATTERNS = "patterns.gitops.hybrid-cloud-patterns.io"
SUBSCRIPTIONS = "subscriptions.operators.coreos.com"


def offers(cluster: Any, *versions: str) -> None:
    channels = [{"name": "fast", "currentCSVDesc": {"version": version}} for version in versions]
    cluster.has_one(PACKAGE, {"status": {"channels": channels}})


def pattern(name: str, namespace: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": namespace}}


@pytest.mark.parametrize(
    ("versions", "namespace"),
    [
        (["0.0.80"], "patterns-operator"),
        (["0.0.66"], "patterns-operator"),
        (["0.0.65"], "openshift-operators"),
        (["0.1.0-rc1"], "patterns-operator"),
        (["0.0.80", "0.0.10"], "patterns-operator"),
        ([], "openshift-operators"),
    ],
)
def test_a_new_operator_has_a_namespace_of_its_own(
    cluster: Any, versions: list[str], namespace: str
) -> None:
    offers(cluster, *versions)
    assert framework.operator_namespace(Oc(cluster.environment)) == namespace
    assert f"get {PACKAGE} patterns-operator --namespace openshift-marketplace" in cluster.calls[-1]


def test_a_catalogue_without_the_operator(cluster: Any) -> None:
    assert framework.operator_namespace(Oc(cluster.environment)) == "openshift-operators"


def test_an_operator_stays_where_it_is(cluster: Any) -> None:
    offers(cluster, "0.0.80")
    cluster.has_one(SUBSCRIPTIONS, pattern("patterns-operator", "openshift-operators"))
    assert framework.operator_namespace(Oc(cluster.environment)) == "openshift-operators"


def test_the_pattern_is_found_in_any_namespace(cluster: Any) -> None:
    oc = Oc(cluster.environment)
    assert framework.pattern_namespace(oc, "recsys") is None
    cluster.has(PATTERNS, [pattern("other", "a"), pattern("recsys", "patterns-operator")])
    assert framework.pattern_namespace(oc, "recsys") == "patterns-operator"
    assert "--all-namespaces" in cluster.calls[-1]


def test_two_patterns_of_one_name(cluster: Any) -> None:
    cluster.has(PATTERNS, [pattern("recsys", "a"), pattern("recsys", "b")])
    with pytest.raises(ConfigurationError, match="two Patterns recsys, in a and b"):
        framework.pattern_namespace(Oc(cluster.environment), "recsys")
