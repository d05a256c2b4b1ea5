"""Operators' updates: OLM replaces the definitions of their kinds by those of the newer version."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from support.lab import crds
from support.lab.api import Api, Object
from support.lab.processes import wait_until


@contextmanager
def definitions_kept(api: Api) -> Iterator[None]:
    """After the block the definitions are those from before it."""
    heads = [api.get(f"{crds.PATH}/{name}") or {} for name in crds.newer()]
    try:
        yield
    finally:
        for head in heads:
            _define(api, head)


def update(api: Api) -> dict[str, str]:
    """Update every definition; by name, those that are refused, and why."""
    refused = {}
    for name, definition in crds.newer().items():
        try:
            _define(api, definition)
        except RuntimeError as error:
            refused[name] = str(error)
    return refused


def update_after_conversion(api: Api, name: str) -> None:
    """Convert the objects of a kind to the version that remains, then update its definition.

    The steps are those of Strimzi's API conversion tool (`crd-upgrade`).
    """
    definition = crds.newer()[name]
    [remaining] = [each["name"] for each in definition["spec"]["versions"] if each["storage"]]
    path = f"{crds.PATH}/{name}"
    versions = (api.get(path) or {})["spec"]["versions"]
    for version in versions:
        version["storage"] = version["name"] == remaining
    api.patch(path, {"spec": {"versions": versions}})
    group, plural = definition["spec"]["group"], definition["spec"]["names"]["plural"]
    for item in api.items(f"/apis/{group}/{remaining}/{plural}"):
        wait_until(partial(_is_converted, api, item, plural), 60, f"the conversion of {name}")
    api.patch(f"{path}/status", {"status": {"storedVersions": [remaining]}})
    _define(api, definition)


def _is_converted(api: Api, item: Object, plural: str) -> bool:
    """Whether the object is stored in the version in which it was read, after one more try.

    An empty edit writes it anew. For a while after the definition has changed, the API server goes
    on to write the former version.
    """
    metadata, version = item["metadata"], item["apiVersion"]
    path = f"/apis/{version}/namespaces/{metadata['namespace']}/{plural}/{metadata['name']}"
    api.patch(path, {})
    stored = api.stored(version.partition("/")[0], plural, item)
    return bool(stored["apiVersion"] == version)


def _define(api: Api, definition: Object) -> None:
    path = f"{crds.PATH}/{definition['metadata']['name']}"
    version = (api.get(path) or {})["metadata"]["resourceVersion"]
    metadata = definition["metadata"] | {"resourceVersion": version}
    api.replace(path, definition | {"metadata": metadata})
