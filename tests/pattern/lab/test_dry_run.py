"""A real API server accepts every manifest of every chart and size."""

from collections.abc import Iterator

import pytest
import yaml

from support.lab.api import Api
from support.pattern import clustergroup
from support.pattern.charts import SIZES, applications, render
from support.pattern.pattern import Pattern

pytestmark = pytest.mark.gitops


@pytest.fixture(scope="module")
def namespaces(api: Api, pattern: Pattern) -> Iterator[None]:
    names = [
        each["metadata"]["name"]
        for each in clustergroup.objects(pattern)
        if each["kind"] == "Namespace"
    ]
    for name in names:
        api.create("/api/v1/namespaces", {"metadata": {"name": name}})
    yield
    api.kubectl("delete", "namespace", "--wait", *names)


@pytest.mark.parametrize("size", SIZES)
def test_the_api_server_accepts_every_chart(
    api: Api, pattern: Pattern, namespaces: None, size: str
) -> None:
    problems = []
    for name, application in applications(pattern).items():
        namespace = application["spec"]["destination"]["namespace"]
        manifests = render(pattern, application, {"global.size": size})
        problems += _problems(api, name, manifests, f"--namespace={namespace}")
    assert not problems


def test_the_api_server_accepts_the_cluster_group(
    api: Api, pattern: Pattern, namespaces: None
) -> None:
    group = [
        each
        for each in clustergroup.objects(pattern)
        if each["kind"] != "Namespace" and f"{each['apiVersion']} {each['kind']}" in api.resources
    ]
    assert not _problems(api, "cluster group", yaml.safe_dump_all(group))


def _problems(api: Api, name: str, manifests: str, *options: str) -> list[str]:
    try:
        api.kubectl(
            "apply",
            "--dry-run=server",
            "--validate=strict",
            "--warnings-as-errors",
            "--filename=-",
            *options,
            stdin=manifests,
        )
    except RuntimeError as refused:
        return [f"{name}: {refused}"]
    return []
