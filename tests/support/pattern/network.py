"""What NetworkPolicies allow: the semantics of networking.k8s.io/v1, without address blocks.

https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Labels = Mapping[str, str]
Policy = dict[str, Any]


@dataclass(frozen=True)
class Endpoint:
    """A pod and its TCP ports, with the labels of its namespace unless that has the policies."""

    name: str
    pod: Labels = field(default_factory=dict)
    namespace: Labels | None = None
    ports: tuple[int, ...] = ()


def allows(
    policies: Iterable[Policy], source: Endpoint, target: Endpoint, port: int, home: Labels
) -> bool:
    """Whether a TCP connection is allowed; `home` has the labels of the policies' namespace."""
    given = [each["spec"] for each in policies]
    ends = (("Ingress", "from", target, source), ("Egress", "to", source, target))
    for direction, peers, pod, other in ends:
        chosen = _chosen(given, direction, pod)
        rules = [rule for spec in chosen for rule in spec.get(direction.lower(), [])]
        fits = (
            _names(e.get(peers), other, home) and _has_port(e.get("ports"), port) for e in rules
        )
        if chosen and not any(fits):
            return False
    return True


def _chosen(specs: list[Policy], direction: str, pod: Endpoint) -> list[Policy]:
    """Policies that select the pod, all of the same namespace; without one the pod is open."""
    if pod.namespace is not None:
        return []
    return [
        each
        for each in specs
        if direction in each["policyTypes"] and matches(each["podSelector"], pod.pod)
    ]


def _names(peers: list[dict[str, Any]] | None, other: Endpoint, home: Labels) -> bool:
    return not peers or any(_is(peer, other, home) for peer in peers)


def _is(peer: dict[str, Any], other: Endpoint, home: Labels) -> bool:
    if "ipBlock" in peer:
        return False  # of public addresses, as test_network.py says; pods have private ones
    if set(peer) - {"podSelector", "namespaceSelector"}:
        raise ValueError(f"not a peer of pods or namespaces: {peer}")
    if "namespaceSelector" in peer:
        namespace = home if other.namespace is None else other.namespace
        in_namespace = matches(peer["namespaceSelector"], namespace)
    else:
        in_namespace = other.namespace is None
    return in_namespace and matches(peer.get("podSelector", {}), other.pod)


def _has_port(ports: list[dict[str, Any]] | None, port: int) -> bool:
    return not ports or any(
        each.get("protocol", "TCP") == "TCP" and each["port"] == port for each in ports
    )


def matches(selector: Mapping[str, Any], labels: Labels) -> bool:
    """Whether a label selector selects an object with these labels."""
    if set(selector) - {"matchLabels"}:
        raise ValueError(f"not a selector by equality: {selector}")
    wanted: Labels = selector.get("matchLabels", {})
    return wanted.items() <= labels.items()
