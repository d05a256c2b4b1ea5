"""Who may talk to whom: the table of docs/architecture.md against the rendered NetworkPolicies.

Every pair of pods is tried on every port that the called pod listens on. The labels are those of
the rendered pods, and for pods that operators make those of operators_pods.yaml.
"""

import re
from collections.abc import Iterator
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.checkout import REPOSITORY
from support.pattern.charts import (
    CHARTS,
    SIZES,
    containers,
    fork,
    manifests,
    pod_template,
    title,
)
from support.pattern.network import Endpoint, allows, matches
from support.pattern.values import FILES, read

HOME = {"kubernetes.io/metadata.name": "recsys"}
RENDERED = {
    "Deployment/storefront": "shop",
    "Job/storefront-catalogue": "catalogue",
    "Deployment/processor": "processor",
    "Deployment/analytics": "analytics",
    "Deployment/encoder": "encoder",
    "Job/recsys-db-migrations": "migrations",
    "CronJob/recsys-db-prune": "prune",
    "CronJob/recsys-db-restore-test": "restore-test",
    "Job/recsys-feast-apply": "feast-apply",
    "Job/recsys-pipelines-upload": "upload",
    "CronJob/images-restart": "images-restart",
}
HAS_PODS = {"Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"}
WITHOUT_PODS = {
    "AlertmanagerConfig",
    *("ConfigMap", "LimitRange", "ObjectStore", "PriorityClass", "ResourceQuota"),
    *(
        "ConsoleLink",
        "DataScienceCluster",
        "ExternalSecret",
        "GrafanaDashboard",
        "GrafanaDatasource",
    ),
    *("HorizontalPodAutoscaler", "ImageStream", "KafkaConnector", "KafkaTopic", "KafkaUser"),
    *(
        "NetworkPolicy",
        "PodDisruptionBudget",
        "PodMonitor",
        "PrometheusRule",
        "Role",
        "RoleBinding",
    ),
    *("Route", "ScaledObject", "ScheduledBackup", "Secret", "SecretStore", "Service"),
    *("ServiceAccount", "ServiceMonitor", "TriggerAuthentication"),
}
EVERYBODY = "everybody"
EACH_SIZE = pytest.mark.parametrize("size", SIZES)
CONFINED = re.compile(r"Only these pods cannot open other connections: (.+?)\.", re.DOTALL)


@cache
def operators() -> dict[str, Any]:
    """Pods and policies of the operators, with the pattern's names."""
    text = Path(__file__).with_name("operators_pods.yaml").read_text()
    names = fork("demo").values["global"]["names"]
    given: dict[str, Any] = yaml.safe_load(
        re.sub(r"\{(\w+)\}", lambda match: str(names.get(match[1], match[0])), text)
    )
    return given


def rendered(size: str) -> Iterator[dict[str, Any]]:
    for chart in CHARTS:
        yield from manifests(chart, size)


@cache
def pods(size: str) -> list[Endpoint]:
    """The pods of the namespace."""
    found = []
    for manifest in rendered(size):
        if manifest["kind"] in HAS_PODS:
            labels = pod_template(manifest)["metadata"]["labels"]
            declared = (port for each in containers(manifest) for port in each.get("ports", []))
            ports = tuple(port["containerPort"] for port in declared)
            found.append(Endpoint(RENDERED[title(manifest)], labels, ports=ports))
    made = operators()["pods"]
    return [*found, *(Endpoint(e["name"], e["labels"], ports=tuple(e["ports"])) for e in made)]


def elsewhere() -> list[Endpoint]:
    """Pods of other namespaces."""
    return [
        Endpoint(name, each.get("pod", {}), each["namespace"])
        for name, each in operators()["others"].items()
    ]


def policies(size: str) -> list[dict[str, Any]]:
    ours = [each for each in rendered(size) if each["kind"] == "NetworkPolicy"]
    return [*ours, *operators()["policies"]]


@cache
def documented() -> dict[tuple[str, int], set[str]]:
    """The callers of each pod and port, by the table of the docs."""
    text = (REPOSITORY / "docs/architecture.md").read_text()
    section = text.split("## Who may talk to whom\n")[1].split("\n## ")[0]
    table: dict[tuple[str, int], set[str]] = {}
    for row in re.findall(r"^\| ([a-z][a-z, -]*) \| ([\d, ]+) \| (.+) \|$", section, re.MULTILINE):
        called, ports, callers = (each.split(", ") for each in row)
        for name, port in product(called, ports):
            table.setdefault((name, int(port)), set()).update(callers)
    return table


def confined() -> set[str]:
    text = (REPOSITORY / "docs/architecture.md").read_text()
    found = CONFINED.search(text)
    assert found
    return set(re.split(r",\s+|\s+and\s+", found[1]))


def test_the_table_names_only_pods_that_exist() -> None:
    known = {each.name for size in SIZES for each in pods(size)}
    callers = known | {each.name for each in elsewhere()} | {EVERYBODY}
    assert {called for called, _ in documented()} <= known
    assert set().union(*documented().values()) <= callers


@EACH_SIZE
def test_exactly_the_pairs_of_the_table_are_allowed(size: str) -> None:
    everybody = [*pods(size), *elsewhere()]
    given = policies(size)
    wrong = {}
    for target in pods(size):
        for source, port in product(everybody, target.ports):
            callers = documented().get((target.name, port), set())
            expected = bool({source.name, EVERYBODY} & callers)
            # A confined pod cannot use what is open to everybody.
            if source.name in confined() and source.name not in callers:
                expected = False
            if allows(given, source, target, port, HOME) != expected:
                wrong[f"{source.name} -> {target.name}:{port}"] = expected
    assert wrong == {}


@EACH_SIZE
def test_only_confined_pods_are_kept_from_the_rest_of_the_world(size: str) -> None:
    """An API server is an address on the network of the nodes, which no rule names."""
    world = Endpoint("the internet", {}, {})
    given = policies(size)
    kept = {each.name for each in pods(size) if not allows(given, each, world, 443, HOME)}
    assert kept == confined() & {each.name for each in pods(size)}


@EACH_SIZE
def test_confined_pods_can_look_names_up(size: str) -> None:
    dns = Endpoint("dns", {}, {"kubernetes.io/metadata.name": "openshift-dns"})
    for each in pods(size):
        assert allows(policies(size), each, dns, 5353, HOME), each.name


@EACH_SIZE
def test_pods_that_follow_links_reach_public_addresses_alone(size: str) -> None:
    inner = [*map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8"))]
    inner += map(ip_network, ("169.254.0.0/16", "100.64.0.0/10"))
    opened = {}
    for policy in policies(size):
        for rule in policy["spec"].get("egress", []):
            blocks = [peer["ipBlock"] for peer in rule.get("to", []) if "ipBlock" in peer]
            if blocks:
                opened[policy["metadata"]["name"]] = [each["port"] for each in rule["ports"]]
            for block in blocks:
                around, closed = ip_network(block["cidr"]), map(ip_network, block["except"])
                if isinstance(around, IPv4Network):
                    assert set(inner) <= set(closed)
                else:
                    assert around.subnet_of(IPv6Network("2000::/3"))
    assert opened == {"from-shop": [80, 443]}


@EACH_SIZE
def test_every_kind_with_pods_is_known(size: str) -> None:
    makers = {maker for each in operators()["pods"] for maker in each["makers"]}
    kinds = {each["kind"] for each in rendered(size)}
    assert kinds - HAS_PODS - makers <= WITHOUT_PODS
    assert not WITHOUT_PODS & (HAS_PODS | makers)


@EACH_SIZE
def test_prometheus_reaches_what_the_monitors_select(size: str) -> None:
    scraped = {
        name for (name, _), callers in documented().items() if {"prometheus", EVERYBODY} & callers
    }
    monitors = [each for each in rendered(size) if each["kind"] == "PodMonitor"]
    assert monitors
    for monitor in monitors:
        labels = monitor["spec"]["selector"]
        assert {each.name for each in pods(size) if matches(labels, each.pod)} <= scraped


def test_the_operators_live_where_the_rules_say() -> None:
    names = {
        each["namespace"]["kubernetes.io/metadata.name"]
        for name, each in operators()["others"].items()
        if name.endswith("-operator")
    }
    subscriptions = read(*FILES)["clusterGroup"]["subscriptions"].values()
    assert names <= {each["namespace"] for each in subscriptions}


@pytest.mark.parametrize("selector", [{"matchExpressions": []}, {"matchLabels": {}, "x": 1}])
def test_a_selector_that_the_test_cannot_read_is_an_error(selector: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not a selector"):
        matches(selector, {})
