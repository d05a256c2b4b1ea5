"""CPU and memory of the workers against what the size of the pattern requests."""

import re
from dataclasses import dataclass
from typing import Self

from apps.cluster.oc import Oc, Resource
from apps.cluster.pattern import Pattern
from streams.errors import ConfigurationError

_GIB = 2**30
_UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12} | {
    unit: 2 ** (10 * power) for power, unit in enumerate(("Ki", "Mi", "Gi", "Ti"), start=1)
}
_REPELS = {"NoSchedule", "NoExecute"}


@dataclass(frozen=True)
class Amount:
    """CPU in cores, and memory in GiB."""

    cpu: float
    memory: float

    @classmethod
    def of(cls, quantities: dict[str, str]) -> Self:
        """Of quantities as Kubernetes writes them: `{cpu: 500m, memory: 2Gi}`."""
        memory = re.fullmatch(r"(\d+(?:\.\d+)?)([A-Za-z]*)", str(quantities.get("memory", "0")))
        if memory is None:
            raise ConfigurationError(f"memory of {quantities['memory']} is no quantity")
        cpu = str(quantities.get("cpu", "0"))
        cores = float(cpu[:-1]) / 1000 if cpu.endswith("m") else float(cpu)
        return cls(cores, float(memory[1]) * _UNITS[memory[2]] / _GIB)

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.cpu + other.cpu, self.memory + other.memory)

    def __mul__(self, times: int) -> "Amount":
        return Amount(self.cpu * times, self.memory * times)

    def __str__(self) -> str:
        return f"{self.cpu:.1f} CPU and {self.memory:.0f} GiB"


@dataclass(frozen=True)
class Need:
    """What a size requests when it is busiest, and the nodes that its replicas are spread over."""

    total: Amount
    largest_pod: Amount
    nodes: int


NEEDS = {
    "demo": Need(Amount(6, 25), largest_pod=Amount(2, 4), nodes=1),
    "production": Need(Amount(36, 128), largest_pod=Amount(8, 16), nodes=3),
}
"""A test compares them with the charts: all pods, and the builds or a step of the pipeline."""
PLATFORM = Amount(4, 16)
"""What OpenShift, the operators, Vault and two Argo CDs request on workers: an estimate."""


def workers(oc: Oc, pattern: Pattern) -> str:
    """The schedulable nodes have what the size needs."""
    nodes = [_allocatable(item) for item in oc.resources("nodes") if _is_schedulable(item)]
    total = sum(nodes, Amount(0, 0))
    need = NEEDS[pattern.size]
    wanted = need.total + PLATFORM
    has = f"{total} on schedulable nodes: {len(nodes)}"
    if len(nodes) < need.nodes:
        raise ConfigurationError(
            f"{has}; the size {pattern.size} needs {need.nodes} nodes: add some"
        )
    if total.cpu < wanted.cpu or total.memory < wanted.memory:
        raise ConfigurationError(
            f"{has}; the size {pattern.size} needs {wanted}: add nodes, or larger ones"
        )
    largest = need.largest_pod
    if not any(node.cpu >= largest.cpu and node.memory >= largest.memory for node in nodes):
        raise ConfigurationError(
            f"no schedulable node has {largest}, as the largest pod of the size {pattern.size}"
            " needs: add a larger node"
        )
    return has


def _allocatable(node: Resource) -> Amount:
    return Amount.of(node["status"]["allocatable"])


def _is_schedulable(node: Resource) -> bool:
    taints = node["spec"].get("taints") or []
    return not node["spec"].get("unschedulable") and not any(
        taint["effect"] in _REPELS for taint in taints
    )
