"""What the pattern runs is there and healthy."""

from collections.abc import Callable, Iterator

import pytest

from apps.cluster.oc import Oc, Resource
from apps.cluster.pattern import Pattern
from apps.cluster.status import Section

ENDED = {"Succeeded", "Failed"}
"""Of Jobs and builds; whether they have succeeded is in the health of their applications."""


@pytest.mark.parametrize("title", ["topics", "connectors", "pipeline runs"])
def test_component(section: Callable[[str], Section], title: str) -> None:
    rows = section(title).rows
    assert rows, f"no {title}"
    assert [row.cells for row in rows if not row.healthy] == []


def test_every_pod_is_ready(oc: Oc, pattern: Pattern) -> None:
    namespaces = {*pattern.namespaces.values(), *pattern.subscriptions.values()}
    faults = {
        f"{namespace}/{pod['metadata']['name']}": fault
        for namespace in sorted(namespaces)
        for pod in oc.resources("pods", namespace)
        for fault in _faults(pod)
    }
    assert faults == {}


def test_every_namespace_of_an_application_has_pods(oc: Oc, pattern: Pattern) -> None:
    empty = [
        namespace
        for namespace in sorted({*pattern.namespaces.values()})
        if not oc.resources("pods", namespace)
    ]
    assert empty == []


def _faults(pod: Resource) -> Iterator[str]:
    phase = pod["status"].get("phase")
    ready = [
        each["status"] for each in pod["status"].get("conditions", []) if each["type"] == "Ready"
    ]
    if phase not in ENDED and ready != ["True"]:
        yield f"{phase}, not ready"
