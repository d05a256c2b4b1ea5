"""Where the framework's operator is: `python -m apps.cluster.framework operator|pattern`.

The operator reads its Pattern and its settings in its own namespace only.
"""

import os
import re
import sys
from enum import StrEnum
from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape

from apps.cluster.oc import Oc
from apps.cluster.pattern import Pattern
from streams.errors import ConfigurationError, RecsysError

_OPERATOR = "patterns-operator"
_SHARED = "openshift-operators"
_LAST_IN_SHARED = (0, 0, 65)
"""Newer versions get a namespace of their own, unless the operator is in the shared one already."""


class Part(StrEnum):
    """What to look for."""

    OPERATOR = "operator"
    PATTERN = "pattern"


def operator_namespace(oc: Oc) -> str:
    """The namespace that the install playbook chooses for the operator."""
    if oc.resource("subscriptions.operators.coreos.com", _OPERATOR, _SHARED):
        return _SHARED
    return _OPERATOR if _offered(oc) > _LAST_IN_SHARED else _SHARED


def pattern_namespace(oc: Oc, name: str) -> str | None:
    """The namespace of an installed pattern; None if it is not installed.

    Raises:
        ConfigurationError: it is installed twice.
    """
    found = [
        item["metadata"]["namespace"]
        for item in oc.resources("patterns.gitops.hybrid-cloud-patterns.io")
        if item["metadata"]["name"] == name
    ]
    if len(found) > 1:
        raise ConfigurationError(
            f"the cluster has two Patterns {name}, in {' and '.join(found)}: delete the one whose"
            " namespace has no operator (oc get subscriptions.operators.coreos.com -A)"
        )
    return found[0] if found else None


def _offered(oc: Oc) -> tuple[int, ...]:
    """The version of the operator that the catalogue offers; empty if there is none."""
    package = oc.resource(
        "packagemanifests.packages.operators.coreos.com", _OPERATOR, "openshift-marketplace"
    )
    channels = (package or {}).get("status", {}).get("channels", [])
    version = channels[0]["currentCSVDesc"]["version"] if channels else ""
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def main(part: Part) -> None:
    """Print the operator's or the pattern's namespace; nothing if the pattern is not installed."""
    oc = Oc(os.environ)
    try:
        if part is Part.OPERATOR:
            namespace: str | None = operator_namespace(oc)
        else:
            namespace = pattern_namespace(oc, Pattern.read(Path.cwd()).name)
    except RecsysError as error:
        Console(stderr=True, highlight=False, soft_wrap=True).print(
            f"[bold red]error[/bold red] {escape(str(error))}"
        )
        sys.exit(1)
    print(namespace or "")  # noqa: T201


if __name__ == "__main__":
    typer.run(main)
