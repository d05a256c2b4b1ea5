"""The pattern as the framework's operator sees it: values files on a cluster."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from support.pattern.values import Values, expand, merge

FRAMEWORK_NAMESPACE = "vp-gitops"
FRAMEWORK_CHARTS = "https://charts.validatedpatterns.io"
# Defaults of the chart clustergroup.
CHART_DEFAULTS: Values = {
    "global": {
        "options": {
            "syncPolicy": "Automatic",
            "installPlanApproval": "Automatic",
            "applicationRetryLimit": 20,
        },
    },
    "clusterGroup": {
        "targetCluster": "in-cluster",
        "argoCD": {
            "resourceExclusions": yaml.safe_dump(
                [{"apiGroups": ["tekton.dev"], "kinds": ["TaskRun", "PipelineRun"]}]
            ),
        },
    },
}


@dataclass(frozen=True)
class Cluster:
    """The cluster, and the fork that is installed on it, as the operator knows them."""

    repo_url: str
    revision: str = "main"
    domain: str = "shop.example.com"
    name: str = "shop"
    platform: str = "AWS"
    version: str = "4.20"

    @property
    def apps_domain(self) -> str:
        return f"apps.{self.domain}"


@dataclass(frozen=True)
class Pattern:
    """A pattern's values files on a cluster; `deleting` while it is being uninstalled."""

    directory: Path
    cluster: Cluster
    deleting: bool = False

    @cached_property
    def values(self) -> Values:
        """The values as the chart sees them: its defaults, the files in order, the parameters."""
        merged = merge(CHART_DEFAULTS, self._read(["/values-global.yaml"]))
        merged = merge(merged, {"clusterGroup": {"name": merged["main"]["clusterGroupName"]}})
        for files in (self._standard_files, self._shared_files):
            merged = merge(merged, self._read(files(merged)))
            merged = merge(merged, {"global": self._parameters(merged)})
        return merged

    @property
    def group(self) -> dict[str, Any]:
        group: Values = self.values["clusterGroup"]
        return group

    @property
    def name(self) -> str:
        return str(self.values["global"]["pattern"])

    @property
    def has_own_argocd(self) -> bool:
        """Whether the pattern has an Argo CD besides the framework's."""
        return not self.values["global"].get("singleArgoCD")

    @property
    def argocd_namespace(self) -> str:
        """The namespace of the pattern's Applications and of the Argo CD that syncs them."""
        return f"{self.name}-{self.group['name']}" if self.has_own_argocd else FRAMEWORK_NAMESPACE

    @property
    def health_checks(self) -> list[dict[str, str]]:
        """Health checks of the pattern's own Argo CD; the framework's Argo CD ignores them."""
        return list(self.group["argoCD"].get("resourceHealthChecks") or [])

    @property
    def resource_exclusions(self) -> str:
        return str(self.group["argoCD"]["resourceExclusions"])

    @property
    def value_files(self) -> list[str]:
        """The values files of every application; Argo CD skips a file that does not exist."""
        shared = (f"$patternref{file}" for file in self._shared_files(self.values))
        return [*self._standard_files(self.values), *shared]

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters `global.*` of every application."""
        return self._parameters(self.values) | {"namespace": "$ARGOCD_APP_NAMESPACE"}

    def _parameters(self, values: Values) -> dict[str, str]:
        cluster = self.cluster
        chart_version = values["main"]["multiSourceConfig"]["clusterGroupChartVersion"]
        return {
            "repoURL": cluster.repo_url,
            "originURL": cluster.repo_url,
            "targetRevision": cluster.revision,
            "pattern": str(values["global"]["pattern"]),
            "clusterDomain": cluster.domain,
            "clusterVersion": cluster.version,
            "clusterPlatform": cluster.platform,
            "localClusterName": cluster.name,
            "hubClusterDomain": cluster.apps_domain,
            "localClusterDomain": cluster.apps_domain,
            "multiSourceSupport": "true",
            "multiSourceRepoUrl": FRAMEWORK_CHARTS,
            "multiSourceTargetRevision": chart_version,
            "privateRepo": "false",
            "experimentalCapabilities": "",
            "deletePattern": "DeleteChildApps" if self.deleting else "none",
            "gitOpsSubNamespace": "openshift-gitops-operator",
            "vpArgoNamespace": FRAMEWORK_NAMESPACE,
        }

    def _standard_files(self, values: Values) -> list[str]:
        group, cluster = values["clusterGroup"]["name"], self.cluster
        stems = [
            "global",
            group,
            cluster.platform,
            f"{cluster.platform}-{cluster.version}",
            f"{cluster.platform}-{group}",
            f"{cluster.version}-{group}",
            cluster.name,
        ]
        return [f"/values-{stem}.yaml" for stem in stems]

    def _shared_files(self, values: Values) -> list[str]:
        files = values["clusterGroup"].get("sharedValueFiles") or []
        return [expand(file, values).removeprefix("$patternref") for file in files]

    def _read(self, files: list[str]) -> Values:
        merged: Values = {}
        for file in files:
            path = self.directory / file.removeprefix("/")
            if path.is_file():
                merged = merge(merged, yaml.safe_load(path.read_text()) or {})
        return merged
