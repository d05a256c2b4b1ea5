"""Operators' updates: OLM replaces the definitions of their kinds by those of the newer version."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from support.lab import crds
from support.lab.api import Api, Object


@contextmanager
def updates(api: Api) -> Iterator[dict[str, str]]:
    """Update every definition until the block ends; by name, those that were refused, and why."""
    heads = {name: api.get(f"{crds.PATH}/{name}") or {} for name in crds.newer()}
    try:
        yield dict(_refused(api))
    finally:
        for head in heads.values():
            head["metadata"].pop("resourceVersion")
            _replace(api, head)


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
    group, names = definition["spec"]["group"], definition["spec"]["names"]
    of_kind = {"apiVersion": f"{group}/{remaining}", "kind": names["kind"]}
    for item in api.items(f"/apis/{group}/{remaining}/{names['plural']}"):
        _replace(api, item | of_kind)
    api.patch(f"{path}/status", {"status": {"storedVersions": [remaining]}})
    _replace(api, definition)


def _refused(api: Api) -> Iterator[tuple[str, str]]:
    for name, definition in crds.newer().items():
        try:
            _replace(api, definition)
        except RuntimeError as error:
            yield name, str(error)


def _replace(api: Api, item: Object) -> None:
    api.kubectl("replace", "--filename=-", stdin=json.dumps(item))
