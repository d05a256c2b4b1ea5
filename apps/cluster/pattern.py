"""Names, namespaces and settings of the pattern, from its values files."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import yaml

from apps.cluster.oc import Resource
from streams.errors import ConfigurationError

Values = dict[str, Any]

_INSTANCE = "app.kubernetes.io/instance"


@dataclass(frozen=True)
class Pattern:
    """The pattern of a checkout."""

    root: Path
    values: Values
    """Of all files that every chart reads; a later file takes precedence."""

    @classmethod
    def read(cls, root: Path, platform: str = "", version: str = "") -> Self:
        """On a cluster of this platform and OpenShift version, as far as they are known."""
        values = _read(root / "values-global.yaml")
        values = merged(values, _read(root / f"values-{values['main']['clusterGroupName']}.yaml"))
        for stem in (values["global"]["size"], platform, version, f"{platform}-{version}"):
            file = root / "overrides" / f"values-{stem}.yaml"
            if file.is_file():
                values = merged(values, _read(file))
        return cls(root, values)

    def on(self, platform: str, version: str) -> Self:
        """The same checkout on a cluster of this platform and OpenShift version."""
        return self.read(self.root, platform, version)

    @property
    def name(self) -> str:
        """Of the Pattern, and the prefix of its cluster groups."""
        return str(self.values["global"]["pattern"])

    @property
    def group(self) -> str:
        """The Application of the cluster group, and the namespace of the pattern's Argo CD."""
        return f"{self.name}-{self.values['main']['clusterGroupName']}"

    @property
    def argocd_namespace(self) -> str:
        """Of the Argo CD that syncs the applications."""
        return "vp-gitops" if self.values["global"].get("singleArgoCD") else self.group

    @property
    def size(self) -> str:
        """`demo` or `production`."""
        return str(self.values["global"]["size"])

    @property
    def names(self) -> dict[str, str]:
        """Of what runs, by its role."""
        return dict(self.values["global"]["names"])

    @property
    def images(self) -> dict[str, str]:
        """By name; an empty one is built in the cluster."""
        return dict(self.values["global"]["images"])

    @property
    def namespaces(self) -> dict[str, str]:
        """Of each application."""
        applications = self.values["clusterGroup"]["applications"].values()
        return {entry["name"]: entry["namespace"] for entry in applications}

    @property
    def subscriptions(self) -> dict[str, str]:
        """The namespace of each operator, by its package."""
        return {
            entry["name"]: entry["namespace"]
            for entry in self.values["clusterGroup"]["subscriptions"].values()
            if not entry.get("disabled")
        }

    @property
    def operator_groups(self) -> dict[str, str]:
        """The OperatorGroup of each namespace that has one."""
        namespaces = self.values["clusterGroup"]["namespaces"]
        return {
            name: f"{name}-operator-group"
            for name, entry in namespaces.items()
            if (entry or {}).get("operatorGroup", True)
        }

    def chart(self, name: str) -> Values:
        """The values of a chart, with those of its override file."""
        values = _read(self.root / "charts" / "all" / name / "values.yaml")
        file = self.root / "overrides" / f"{name}.yaml"
        return merged(values, _read(file)) if file.is_file() else values

    def owns(self, item: Resource) -> bool:
        """Whether Argo CD, which marks what it creates, has created it for this pattern."""
        return not {self.group, *self.namespaces}.isdisjoint(_applications(item))


def merged(values: Values, more: Values | None) -> Values:
    """Both, as Helm merges values files."""
    result = dict(values)
    for key, value in (more or {}).items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if both else value
    return result


def _applications(item: Resource) -> Iterator[str]:
    """The Application that a resource belongs to, in any of Argo CD's ways to mark it."""
    marks = (item["metadata"].get("annotations") or {}) | (item["metadata"].get("labels") or {})
    for key in ("argocd.argoproj.io/tracking-id", "argocd.argoproj.io/instance", _INSTANCE):
        yield str(marks.get(key, "")).partition(":")[0]


def _read(file: Path) -> Any:
    try:
        return yaml.safe_load(file.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}") from error
