"""The CustomResourceDefinitions of a cluster: what the heads of the channels deliver."""

import json
import re
from collections.abc import Iterator

import yaml

from support.lab import openshift, openshift_ai
from support.lab.lock import File, files

OPENSHIFT_KINDS = (
    ("build.openshift.io", "BuildConfig"),
    ("build.openshift.io", "Build"),
    ("image.openshift.io", "ImageStream"),
)
NAME = re.compile(r"^metadata:\n(?:  .*\n)*?  name: (\S+)$", re.MULTILINE)


def manifests() -> str:
    """All definitions; if several versions define a kind, that of the channel's head."""
    found: dict[str, str] = {}
    # a kind that only a newer version has does no harm, and a fork may have no other version
    for file in sorted(files(), key=lambda file: file.head):
        found |= dict(documents(file))
    return "\n---\n".join((found | dict(made(found.get(openshift_ai.NAME)))).values())


def documents(file: File) -> Iterator[tuple[str, str]]:
    """The definitions in a file, by name; none if the file is not at hand."""
    if not file.path.is_file():
        return
    for document in re.split(r"^---.*$", file.text(), flags=re.MULTILINE):
        if re.search("^kind: CustomResourceDefinition$", document, re.MULTILINE):
            name = NAME.search(document)
            assert name, f"a definition without a name in {file.path}"
            yield name[1], document


def made(data_science_cluster: str | None) -> Iterator[tuple[str, str]]:
    """Definitions that no file has; that of DataScienceCluster is made from its first version."""
    for definition in openshift.definitions(OPENSHIFT_KINDS):
        yield definition["metadata"]["name"], json.dumps(definition)
    if data_science_cluster:
        first = yaml.safe_load(data_science_cluster)
        yield openshift_ai.NAME, json.dumps(openshift_ai.with_v2(first))
