"""The CustomResourceDefinitions of a cluster: what the heads of the channels deliver."""

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import yaml

from support.lab import openshift, openshift_ai
from support.lab.api import Api
from support.lab.lock import File, files

Definition = dict[str, Any]

PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
OPENSHIFT_KINDS = (
    ("build.openshift.io", "BuildConfig"),
    ("build.openshift.io", "Build"),
    ("image.openshift.io", "ImageStream"),
)
WORKFLOW = ("argoproj.io", "Workflow", "v1alpha1")
NAME = re.compile(r"^metadata:\n(?:  .*\n)*?  name: (\S+)$", re.MULTILINE)


def manifests() -> str:
    """All definitions; if several versions define a kind, that of the channel's head."""
    found: dict[str, str] = {}
    # a kind that only a newer version has does no harm, and a fork may have no other version
    for file in sorted(files(), key=lambda file: file.head):
        found |= dict(documents(file))
    return "\n---\n".join((found | dict(made(found.get(openshift_ai.NAME)))).values())


@cache
def newer() -> dict[str, Definition]:
    """By name, each definition of a version that a channel will deliver some day."""
    found = {}
    for file in filter(lambda file: file.is_newer, files()):
        for name, document in documents(file):
            # they are long, and the loader in Python takes seven times as long as this one
            found[name] = yaml.load(document, yaml.CSafeLoader)
    return found


def documents(file: File) -> Iterator[tuple[str, str]]:
    """The definitions in a file, by name; none if the file is not at hand."""
    if not file.path.is_file():
        return
    for document in re.split(r"^---.*$", file.text(), flags=re.MULTILINE):
        if re.search("^kind: CustomResourceDefinition$", document, re.MULTILINE):
            name = NAME.search(document)
            assert name, f"a definition without a name in {file.path}"
            yield name[1], document


def define(api: Api, definitions: Iterable[Definition]) -> None:
    """Apply definitions, and wait until their kinds are served."""
    definitions = list(definitions)
    api.apply(definitions)
    for each in definitions:
        api.wait_for(f"{PATH}/{each['metadata']['name']}", _is_established, 60)


def _is_established(definition: Definition | None) -> bool:
    conditions = (definition or {}).get("status", {}).get("conditions") or []
    return any(each["type"] == "Established" and each["status"] == "True" for each in conditions)


def schemaless(group: str, kind: str, version: str = "v1") -> Definition:
    """A definition of a kind whose own is not at hand, with any content."""
    plural = f"{kind.lower()}s"
    kept = {"x-kubernetes-preserve-unknown-fields": True}
    anything = {"type": "object", "properties": {"spec": kept, "status": kept}, **kept}
    schema = {"openAPIV3Schema": anything}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural},
            "versions": [{"name": version, "served": True, "storage": True, "schema": schema}],
        },
    }


def made(data_science_cluster: str | None) -> Iterator[tuple[str, str]]:
    """Definitions that no file has; that of DataScienceCluster is made from its first version."""
    for definition in (*openshift.definitions(OPENSHIFT_KINDS), schemaless(*WORKFLOW)):
        yield definition["metadata"]["name"], json.dumps(definition)
    if data_science_cluster:
        first = yaml.safe_load(data_science_cluster)
        yield openshift_ai.NAME, json.dumps(openshift_ai.with_v2(first))
