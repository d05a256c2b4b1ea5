"""The pattern's charts, rendered as Argo CD renders them."""

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from support.lab.places import BIN
from support.pattern import clustergroup
from support.pattern.clustergroup import Manifest
from support.pattern.pattern import Pattern

NO_OVERRIDES: Mapping[str, str] = MappingProxyType({})


def render(
    pattern: Pattern, application: Manifest, overrides: Mapping[str, str] = NO_OVERRIDES
) -> str:
    """The manifests of one application; overrides as by `--set-string`."""
    source = application["spec"]["source"]
    chart = pattern.directory / source["path"]
    command = [
        str(BIN / "helm"),
        "template",
        application["metadata"]["name"],
        str(chart),
        f"--namespace={application['spec']['destination']['namespace']}",
        *(f"--values={file}" for file in _value_files(pattern, source["helm"])),
        *(f"--set={each['name']}={each['value']}" for each in source["helm"]["parameters"]),
        *(f"--set-string={name}={value}" for name, value in overrides.items()),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    return done.stdout


def applications(pattern: Pattern) -> dict[str, Manifest]:
    """The pattern's applications by name."""
    return {each["metadata"]["name"]: each for each in clustergroup.applications(pattern)}


def manifests(pattern: Pattern) -> Iterator[Manifest]:
    """Everything that the charts consist of, in the pattern's own size."""
    for application in applications(pattern).values():
        documents = yaml.safe_load_all(render(pattern, application))
        yield from (document for document in documents if document)


def kinds(pattern: Pattern) -> set[str]:
    """The kinds that the charts need, as `group/version Kind`."""
    return {f"{each['apiVersion']} {each['kind']}" for each in manifests(pattern)}


def _value_files(pattern: Pattern, helm: dict[str, Any]) -> Iterator[Path]:
    for name in helm["valueFiles"]:
        file = pattern.directory / name.removeprefix("$patternref").removeprefix("/")
        if file.is_file():
            yield file
