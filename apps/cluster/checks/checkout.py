"""This checkout: its secrets, and whether the cluster can read what is checked out."""

from collections.abc import Mapping
from pathlib import Path

from apps.cluster import origin, secrets
from apps.cluster.pattern import Pattern
from streams.errors import ConfigurationError


def given(pattern: Pattern, environment: Mapping[str, str]) -> str:
    """Every secret that the cluster does not generate is there."""
    file = secrets.find(pattern.name, pattern.root, environment)
    if faults := list(secrets.faults(file, environment)):
        raise ConfigurationError("; ".join(faults) + " (docs/install.md says where to get it)")
    return str(file)


def pushed(root: Path, environment: Mapping[str, str]) -> str:
    """What is checked out is what Argo CD will read."""
    if environment.get("DISABLE_VALIDATE_ORIGIN", "").lower() == "true":
        return "not checked: DISABLE_VALIDATE_ORIGIN is true"
    found = origin.check(root, environment)
    if changed := origin.uncommitted(root, environment):
        found += f"; {len(changed)} changed files are not committed, so they will not be installed"
    return found
