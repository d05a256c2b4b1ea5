"""Checks before a cluster is changed: `python -m apps.cluster.preflight`."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

import typer
import yaml
from rich.console import Console
from rich.markup import escape

from apps.cluster import origin, secrets
from apps.cluster.oc import Oc
from apps.cluster.pattern import Pattern
from streams.errors import ConfigurationError, RecsysError, UnavailableError

MIN_OPENSHIFT = (4, 19)
"""OpenShift AI 3 needs it."""
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"

Check = Callable[[], str]
"""Returns what it found, in words; raises a RecsysError that says what to do."""


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
            checks["secrets"] = partial(self._secrets, pattern)
        if purpose is Purpose.INSTALL:
            checks["fork"] = self._fork
        checks["login"] = partial(_login, oc)
        if purpose is Purpose.INSTALL:
            checks["version"] = partial(_version, oc)
            checks["storage"] = partial(_storage, oc, pattern)
            checks["monitoring"] = partial(_monitoring, oc)
        return checks

    def _secrets(self, pattern: Pattern) -> str:
        file = secrets.find(pattern.name, self.root, self.environment)
        if faults := list(secrets.faults(file, self.environment)):
            raise ConfigurationError("; ".join(faults) + " (docs/install.md says where to get it)")
        return str(file)

    def _fork(self) -> str:
        if self.environment.get("DISABLE_VALIDATE_ORIGIN", "").lower() == "true":
            return "not checked: DISABLE_VALIDATE_ORIGIN is true"
        found = origin.check(self.root, self.environment)
        if changed := origin.uncommitted(self.root, self.environment):
            found += (
                f"; {len(changed)} changed files are not committed, so they will not be installed"
            )
        return found


def _login(oc: Oc) -> str:
    try:
        oc.run("auth", "can-i", "*", "*", "--all-namespaces")
    except UnavailableError as error:
        *_, reason = str(error).splitlines()
        if reason == "no":
            raise ConfigurationError(
                "the login is not a cluster administrator's: log in as one"
            ) from error
        raise ConfigurationError(f"not logged in to a cluster: oc login ({reason})") from error
    return "as cluster administrator"


def _version(oc: Oc) -> str:
    version = _openshift(oc)
    major, minor = (int(part) for part in version.split(".")[:2])
    minimum = ".".join(map(str, MIN_OPENSHIFT))
    if (major, minor) < MIN_OPENSHIFT:
        raise ConfigurationError(
            f"the cluster is OpenShift {version}; {minimum} or newer is needed: upgrade it"
        )
    return f"OpenShift {version}"


def _openshift(oc: Oc) -> str:
    found = oc.resource("clusterversions.config.openshift.io", "version")
    if found is None:
        raise ConfigurationError("this is not an OpenShift cluster: it has no ClusterVersion")
    return str(found["status"]["desired"]["version"])


def _platform(oc: Oc) -> str:
    found = oc.resource("infrastructures.config.openshift.io", "cluster") or {}
    return str(found.get("status", {}).get("platformStatus", {}).get("type", ""))


def _storage(oc: Oc, pattern: Pattern) -> str:
    classes = {found["metadata"]["name"]: found for found in oc.resources("storageclasses")}
    if named := pattern.storage_class(_platform(oc), ".".join(_openshift(oc).split(".")[:2])):
        if named not in classes:
            raise ConfigurationError(
                f"global.storageClass (values-global.yaml, overrides) names {named},"
                f" but the cluster has {', '.join(classes) or 'none'}"
            )
        return named
    for name, found in classes.items():
        if found["metadata"].get("annotations", {}).get(_DEFAULT_CLASS) == "true":
            return str(name)
    raise ConfigurationError(
        "no storage class is the default: mark one, or name one as global.storageClass in"
        f" values-global.yaml (the cluster has {', '.join(classes) or 'none'})"
    )


def _monitoring(oc: Oc) -> str:
    for found in oc.resources("configmaps", "openshift-monitoring"):
        if found["metadata"]["name"] == "cluster-monitoring-config":
            settings = yaml.safe_load(found.get("data", {}).get("config.yaml", "")) or {}
            if not settings.get("enableUserWorkload"):
                return (
                    "of users' workloads is off: alerts and dashboards stay empty (docs/day-2.md)"
                )
            return "of users' workloads is on"
    return "of users' workloads will be switched on"


def main(purpose: Purpose = Purpose.INSTALL) -> None:
    """Run every check and print its result; exit with 1 if one fails. Nothing is changed."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    failed = False
    try:
        checks = Preflight(Path.cwd(), os.environ).checks(purpose)
    except RecsysError as error:
        console.print(f"[bold red]error[/bold red] {escape(str(error))}")
        sys.exit(1)
    for name, check in checks.items():
        try:
            console.print(f"[green]ok[/green]     {name}: {escape(check())}")
        except RecsysError as error:
            failed = True
            console.print(f"[bold red]error[/bold red]  {name}: {escape(str(error))}")
    if failed:
        console.print("Nothing was changed.")
        sys.exit(1)


if __name__ == "__main__":
    typer.run(main)
