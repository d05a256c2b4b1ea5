"""What is on the cluster already and would clash with what is installed."""

from collections.abc import Iterator

from apps.cluster.oc import Oc
from apps.cluster.pattern import Pattern
from streams.errors import ConfigurationError

_SUBSCRIPTIONS = "subscriptions.operators.coreos.com"
_GROUPS = "operatorgroups.operators.coreos.com"
_DATA_SCIENCE_CLUSTER = "datascienceclusters.datasciencecluster.opendatahub.io"


def operators(oc: Oc, pattern: Pattern) -> str:
    """No operator is installed twice, and none is kept from being installed."""
    found = [*_subscriptions(oc, pattern), *_groups(oc, pattern), *_openshift_ai(oc, pattern)]
    if found:
        raise ConfigurationError("; ".join(found))
    return "none is installed in another way"


def _subscriptions(oc: Oc, pattern: Pattern) -> Iterator[str]:
    for item in oc.resources(_SUBSCRIPTIONS):
        package = item["spec"]["name"]
        where, name = item["metadata"]["namespace"], item["metadata"]["name"]
        expected = pattern.subscriptions.get(package)
        if expected and (where, name) != (expected, package) and not pattern.owns(item):
            yield (
                f"Subscription {where}/{name} installs {package} already: remove it with its"
                f" operator, or set `disabled: true` for {package} in values-hub.yaml"
            )


def _groups(oc: Oc, pattern: Pattern) -> Iterator[str]:
    for item in oc.resources(_GROUPS):
        where, name = item["metadata"]["namespace"], item["metadata"]["name"]
        if pattern.operator_groups.get(where, name) != name:
            yield (
                f"OperatorGroup {where}/{name} would be the second of its namespace, and no"
                f" operator installs with two: remove it, or set `operatorGroup: false` for {where}"
                " in values-hub.yaml"
            )


def _openshift_ai(oc: Oc, pattern: Pattern) -> Iterator[str]:
    for item in oc.resources(_DATA_SCIENCE_CLUSTER):
        chart = _owner(pattern)
        if chart and not pattern.owns(item):
            yield (
                f"DataScienceCluster {item['metadata']['name']} exists already, and OpenShift AI"
                f" allows one: set `dataScienceCluster.enabled: false` in overrides/{chart}.yaml,"
                " and the components of its `managed` to Managed in the existing one"
            )


def _owner(pattern: Pattern) -> str | None:
    """The chart that creates the DataScienceCluster; None if this checkout creates none."""
    for file in sorted(pattern.root.glob("charts/all/*/values.yaml")):
        settings = pattern.chart(file.parent.name).get("dataScienceCluster", {})
        if settings.get("enabled"):
            return file.parent.name
    return None
