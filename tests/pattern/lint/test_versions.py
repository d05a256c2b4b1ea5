"""The manifests hold against every version of the definitions in operators.lock, in both sizes."""

from functools import cache

import pytest

from support.lab import crds, openshift_ai
from support.lab.lock import File, files
from support.pattern import clustergroup
from support.pattern.charts import CHARTS, fork, manifests, title
from support.pattern.clustergroup import Manifest
from support.pattern.definitions import faults, schemas, stored


@cache
def rendered(size: str) -> dict[str, Manifest]:
    """The manifests of all charts and of the cluster group, by their title."""
    charts = {
        f"{chart}: {title(each)}": each for chart in CHARTS for each in manifests(chart, size)
    }
    group = {f"cluster group: {title(each)}": each for each in clustergroup.objects(fork(size))}
    return charts | group


def refused(definitions: str, found: dict[str, Manifest]) -> list[str]:
    known = schemas(definitions)
    return [
        f"{name}: {fault}"
        for name, manifest in found.items()
        if (schema := known.get(f"{manifest['apiVersion']} {manifest['kind']}"))
        for fault in faults(schema, manifest)
    ]


def text(file: File) -> str:
    if not file.path.is_file() and not file.url and not file.module:
        pytest.skip(
            f"{file.title}: its origin could not be confirmed; RECSYS_CRDS names its folder"
        )
    return file.text()


@pytest.mark.parametrize("file", list(files()), ids=lambda file: file.title)
def test_manifests_hold_against_each_version(file: File, size: str) -> None:
    found = refused(text(file), rendered(size))
    assert not found, f"refused by {file.title}"


@pytest.mark.parametrize("file", list(files()), ids=lambda file: file.title)
def test_fields_survive_the_version_that_is_stored(file: File, size: str) -> None:
    """Strimzi 0.51 serves v1 and stores v1beta2, without a conversion."""
    served, known = schemas(text(file)), stored(text(file))
    lost = [
        f"{name}: {fault}"
        for name, manifest in rendered(size).items()
        if f"{manifest['apiVersion']} {manifest['kind']}" in served
        for schema in [known[f"{manifest['apiVersion'].split('/')[0]} {manifest['kind']}"]]
        for fault in faults(schema, manifest)
    ]
    assert not lost, f"lost by {file.title}"


def test_manifests_hold_against_the_definitions_that_are_made(size: str) -> None:
    [first] = [
        document
        for file in files()
        for name, document in crds.documents(file)
        if name == openshift_ai.NAME
    ]
    for definition in dict(crds.made(first)).values():
        assert not refused(definition, rendered(size))


def test_a_field_unknown_to_one_version_is_named_with_that_version() -> None:
    [old] = [file for file in files() if file.title == "kafka, Strimzi 0.51.0: kafkaconnect.yaml"]
    [new] = [file for file in files() if file.title.endswith(": strimzi-kafkaconnect.yaml")]
    name, worker = next(
        (name, each) for name, each in rendered("demo").items() if each["kind"] == "KafkaConnect"
    )
    artifact = {"type": "maven", "group": "g", "artifact": "a", "version": "1"}
    build = {
        "output": {"type": "imagestream", "image": "connect:1"},
        "plugins": [{"name": "plugin", "artifacts": [artifact | {"includeScope": "runtime"}]}],
    }
    wrong = {name: worker | {"spec": worker["spec"] | {"build": build}}}
    assert not refused(text(new), wrong)
    [fault] = refused(text(old), wrong)
    assert fault.startswith(f"{name}: spec.build.plugins.0.artifacts.0: ")
    assert "'includeScope' was unexpected" in fault
