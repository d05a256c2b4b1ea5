"""The manifests hold against every version of the operators' definitions, in both sizes."""

from pathlib import Path

import pytest

from support.lab.crds import FOLDER
from support.pattern.charts import CHARTS, manifests, title
from support.pattern.definitions import faults, schemas

FILES = sorted(FOLDER.rglob("*.yaml"))


def named(file: Path) -> str:
    return str(file.relative_to(FOLDER))


@pytest.mark.parametrize("file", FILES, ids=named)
def test_manifests_hold_against_each_version(file: Path, size: str) -> None:
    known = schemas(file)
    found = [
        f"{chart}: {title(manifest)}: {fault}"
        for chart in CHARTS
        for manifest in manifests(chart, size)
        if (schema := known.get(f"{manifest['apiVersion']} {manifest['kind']}"))
        for fault in faults(schema, manifest)
    ]
    assert not found, f"unknown to {named(file)}"
