"""Definitions of OpenShift's builds and images.

On a cluster an API server of OpenShift's own serves them, so there is no CustomResourceDefinition;
here they are made from the OpenAPI description that ships with OpenShift's Go module.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from support.lab.places import MODULES

Schema = dict[str, Any]

OPENAPI = MODULES / "openshift" / "openapi" / "openapi.json"
REFERENCE = "#/definitions/"
# Types whose JSON is not an object of their fields.
SPECIAL: dict[str, Schema] = {
    "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta": {"type": "object"},
    "io.k8s.apimachinery.pkg.runtime.RawExtension": {
        "type": "object",
        "x-kubernetes-preserve-unknown-fields": True,
    },
    "io.k8s.apimachinery.pkg.api.resource.Quantity": {"x-kubernetes-int-or-string": True},
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {"x-kubernetes-int-or-string": True},
}
KEPT = ("type", "format", "enum", "required", "x-kubernetes-preserve-unknown-fields")


def definitions(kinds: Iterable[tuple[str, str]]) -> Iterator[Schema]:
    """A definition for each group and kind."""
    if not OPENAPI.is_file():
        return
    types: dict[str, Schema] = json.loads(OPENAPI.read_text())["definitions"]
    for group, kind in kinds:
        package = f"com.github.openshift.api.{group.partition('.')[0]}.v1"
        schema = _structural(types[f"{package}.{kind}"], types)
        yield _definition(group, kind, schema)


def _definition(group: str, kind: str, schema: Schema) -> Schema:
    singular = kind.lower()
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{singular}s.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {
                "kind": kind,
                "listKind": f"{kind}List",
                "plural": f"{singular}s",
                "singular": singular,
            },
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": schema},
                    "subresources": {"status": {}},
                }
            ],
        },
    }


def _structural(schema: Schema, types: dict[str, Schema]) -> Schema:
    """The schema with its references resolved, as a CustomResourceDefinition requires it."""
    if reference := schema.get("$ref"):
        name = reference.removeprefix(REFERENCE)
        return SPECIAL.get(name) or _structural(types[name], types)
    structural = {key: schema[key] for key in KEPT if key in schema}
    if "properties" in schema:
        structural["type"] = "object"
        structural["properties"] = {
            name: _structural(each, types) for name, each in schema["properties"].items()
        }
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            structural[key] = _structural(schema[key], types)
    return structural
