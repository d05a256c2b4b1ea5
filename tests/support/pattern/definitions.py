"""CustomResourceDefinitions as a strict check: a field that a version does not know is a fault.

An API server prunes an unknown field without a word, unless the client asks for strict validation.
Argo CD does not ask, and then reports OutOfSync for good.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

import yaml
from jsonschema import Draft4Validator

Schema = dict[str, Any]

OPEN = "x-kubernetes-preserve-unknown-fields"
STANDARD: dict[str, Schema] = {"apiVersion": {}, "kind": {}, "metadata": {}}
"""Kubernetes itself checks these, and a definition may leave them out."""


class _Loader(yaml.CSafeLoader):
    """A loader that reads a lone `=` as text; some definitions have one in a list."""


def _text(loader: _Loader, node: yaml.ScalarNode) -> str:
    return str(loader.construct_scalar(node))


_Loader.add_constructor("tag:yaml.org,2002:value", _text)


@cache
def schemas(definitions: str) -> dict[str, Schema]:
    """The closed schemas of definitions, by `group/version Kind`."""
    return {
        f"{spec['group']}/{version['name']} {spec['names']['kind']}": _root(version)
        for spec, version in _versions(definitions)
        if version["served"]
    }


@cache
def stored(definitions: str) -> dict[str, Schema]:
    """The closed schemas of the versions in which the API server stores, by `group Kind`."""
    return {
        f"{spec['group']} {spec['names']['kind']}": _root(version)
        for spec, version in _versions(definitions)
        if version["storage"]
    }


def faults(schema: Schema, manifest: Schema) -> Iterator[str]:
    """What a definition refuses of a manifest: each with the path of its field."""
    for error in Draft4Validator(schema).iter_errors(manifest):
        path = ".".join(map(str, error.absolute_path))
        yield f"{path or '(root)'}: {error.message}"


def _versions(definitions: str) -> Iterator[tuple[Schema, Schema]]:
    """Each definition's specification with each of its versions."""
    for document in yaml.load_all(definitions, _Loader):
        if document and document.get("kind") == "CustomResourceDefinition":
            for version in document["spec"]["versions"]:
                yield document["spec"], version


def _root(version: Schema) -> Schema:
    closed = _closed(version["schema"]["openAPIV3Schema"])
    closed["properties"] = {**closed["properties"], **STANDARD}
    return closed


def _closed(schema: Schema) -> Schema:
    """The schema with every object closed that the API server would prune."""
    closed = {key: value for key, value in schema.items() if value is not None}
    if "properties" in schema:
        closed["properties"] = {name: _closed(each) for name, each in schema["properties"].items()}
        if schema.get("x-kubernetes-embedded-resource"):
            closed["properties"] = {**closed["properties"], **STANDARD}
    if isinstance(schema.get("items"), dict):
        closed["items"] = _closed(schema["items"])
    if isinstance(schema.get("additionalProperties"), dict):
        closed["additionalProperties"] = _closed(schema["additionalProperties"])
    elif schema.get("type") == "object" and not schema.get(OPEN):
        closed["additionalProperties"] = False
        closed.setdefault("properties", {})
    if schema.get("nullable"):
        return {"anyOf": [{"type": "null"}, closed]}
    return closed
