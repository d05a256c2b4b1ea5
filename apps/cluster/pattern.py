"""Names and namespaces of the pattern, from its values files."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import yaml

from streams.errors import ConfigurationError


@dataclass(frozen=True)
class Pattern:
    """The pattern of a checkout."""

    name: str
    argocd_namespace: str
    namespaces: dict[str, str]
    """Of each application."""
    names: dict[str, str]
    root: Path

    @classmethod
    def read(cls, root: Path) -> Self:
        """From values-global.yaml and the values of the main cluster group."""
        values = _read(root / "values-global.yaml")
        name = values["global"]["pattern"]
        group = values["main"]["clusterGroupName"]
        applications = _read(root / f"values-{group}.yaml")["clusterGroup"]["applications"]
        single = values["global"].get("singleArgoCD", False)
        return cls(
            name=name,
            argocd_namespace="vp-gitops" if single else f"{name}-{group}",
            namespaces={entry["name"]: entry["namespace"] for entry in applications.values()},
            names=values["global"]["names"],
            root=root,
        )

    def storage_class(self, platform: str, version: str) -> str:
        """The storage class for a platform and an OpenShift version; empty for the default class.

        In the order of sharedValueFiles, the last file that names one wins.
        """
        named = ""
        for stem in ("global", platform, version, f"{platform}-{version}"):
            folder = self.root if stem == "global" else self.root / "overrides"
            file = folder / f"values-{stem}.yaml"
            if file.is_file():
                named = _read(file).get("global", {}).get("storageClass", named)
        return named


def _read(file: Path) -> Any:
    try:
        return yaml.safe_load(file.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}") from error
