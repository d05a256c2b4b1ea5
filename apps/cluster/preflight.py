"""Checks before a cluster is changed: `python -m apps.cluster.preflight`."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape

from apps.cluster.checks import (
    capacity,
    checkout,
    clashes,
    ingress,
    monitoring,
    openshift,
    registry,
    storage,
)
from apps.cluster.oc import Oc
from apps.cluster.pattern import Pattern
from streams.errors import RecsysError

Check = Callable[[], str]
"""Returns what it found, in words; raises a RecsysError that says what to do."""
LOGIN = "login"
"""Without it none of the checks after it can be made."""


class Purpose(StrEnum):
    """What will be done to the cluster."""

    INSTALL = "install"
    LOAD_SECRETS = "load-secrets"
    UNINSTALL = "uninstall"


@dataclass(frozen=True)
class Preflight:
    """The checks of this checkout, and of the cluster that `oc` is logged in to."""

    root: Path
    environment: Mapping[str, str]

    def checks(self, purpose: Purpose) -> dict[str, Check]:
        """The checks by name; those that need no cluster come first."""
        pattern = Pattern.read(self.root)
        oc = Oc(self.environment)
        checks: dict[str, Check] = {}
        if purpose is not Purpose.UNINSTALL:
            checks["secrets"] = partial(checkout.given, pattern, self.environment)
        if purpose is Purpose.INSTALL:
            checks["fork"] = partial(checkout.pushed, self.root, self.environment)
        checks[LOGIN] = partial(openshift.login, oc)
        if purpose is Purpose.INSTALL:
            checks["version"] = partial(openshift.version, oc)
            checks["capacity"] = partial(capacity.workers, oc, pattern)
            checks["storage"] = partial(storage.volumes, oc, pattern)
            checks["snapshots"] = partial(storage.snapshots, oc, pattern)
            checks["registry"] = partial(registry.builds, oc, pattern)
            checks["operators"] = partial(clashes.operators, oc, pattern)
            checks["ingress"] = partial(ingress.certificate, oc)
            checks["monitoring"] = partial(monitoring.users_workloads, oc)
        return checks


def run(checks: Mapping[str, Check], console: Console) -> bool:
    """Print the result of every check that can be made; whether none has failed."""
    passed = True
    for name, check in checks.items():
        try:
            console.print(f"[green]ok[/green]     {name}: {escape(check())}")
        except RecsysError as error:
            passed = False
            console.print(f"[bold red]error[/bold red]  {name}: {escape(str(error))}")
            if name == LOGIN and name != list(checks)[-1]:
                console.print("The cluster was not checked.")
                break
    return passed


def main(purpose: Purpose = Purpose.INSTALL) -> None:
    """Run every check and print its result; exit with 1 if one fails. Nothing is changed."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        checks = Preflight(Path.cwd(), os.environ).checks(purpose)
    except RecsysError as error:
        console.print(f"[bold red]error[/bold red] {escape(str(error))}")
        sys.exit(1)
    if not run(checks, console):
        console.print("Nothing was changed.")
        sys.exit(1)


if __name__ == "__main__":
    typer.run(main)
