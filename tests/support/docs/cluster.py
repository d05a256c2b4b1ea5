"""The objects of an installed cluster: of both sizes, of the operators and of the framework."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import yaml

from support.docs import generated
from support.pattern import clustergroup
from support.pattern.charts import SIZES, applications, fork, render
from support.pattern.clustergroup import Manifest

# What the framework, OpenShift and the operators make, by kind, namespace and names.
OTHERS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    # patterns-operator; an older installation of it is in openshift-operators
    ("Pattern", "patterns-operator", ("recsys",)),
    ("Pattern", "openshift-operators", ("recsys",)),
    ("ConfigMap", "patterns-operator", ("patterns-operator-config",)),
    ("ConfigMap", "openshift-operators", ("patterns-operator-config",)),
    ("Deployment", "patterns-operator", ("patterns-operator-controller-manager",)),
    ("Subscription", "patterns-operator", ("patterns-operator",)),
    ("Subscription", "openshift-operators", ("patterns-operator", "openshift-gitops-operator")),
    ("Subscription", "openshift-gitops-operator", ("openshift-gitops-operator",)),
    ("ArgoCD", "vp-gitops", ("vp-gitops",)),
    ("ArgoCD", "recsys-hub", ("hub-gitops",)),
    ("Application", "vp-gitops", ("recsys-hub",)),
    # the framework's charts clustergroup, hashicorp-vault and openshift-external-secrets
    ("CronJob", "imperative", ("unsealvault-cronjob",)),
    ("Secret", "imperative", ("vaultkeys",)),
    ("Pod", "vault", ("vault-0",)),
    ("PersistentVolumeClaim", "vault", ("data-vault-0",)),
    ("ClusterSecretStore", "", ("vault-backend",)),
    # OpenShift
    ("ConfigMap", "openshift-monitoring", ("cluster-monitoring-config",)),
    ("Secret", "openshift-monitoring", ("alertmanager-main",)),
    ("Infrastructure", "", ("cluster",)),
    ("Config", "", ("cluster",)),
    ("IngressController", "openshift-ingress-operator", ("default",)),
    ("ClusterVersion", "", ("version",)),
    # docs/day-2.md, from the template in the ConfigMap recsys-db-restore-test
    ("Cluster", "recsys", ("recsys-db-restored",)),
    ("Pod", "recsys", ("recsys-db-restored-1",)),
    # overrides/barman-cloud
    ("Deployment", "edb-postgres", ("barman-cloud",)),
    # OpenShift AI, cert-manager and External Secrets for Red Hat OpenShift
    ("DSCInitialization", "", ("default-dsci",)),
    ("ConsolePlugin", "", ("patterns-operator-console-plugin",)),
)
NAMESPACES = (
    *("openshift-user-workload-monitoring", "openshift-marketplace", "openshift-image-registry"),
    *("openshift-ingress",),
    *("redhat-ods-applications", "redhat-ods-monitoring", "rhods-notebooks", "cert-manager"),
)
"""Further namespaces, of OpenShift's and of its operators."""


@dataclass
class Cluster:
    """What exists, by kind, name and namespace."""

    names: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    labels: set[str] = field(default_factory=set)
    namespaces: set[str] = field(default_factory=set)

    def add(self, manifest: Manifest, namespace: str) -> None:
        """An object, and what is made from it."""
        metadata = manifest["metadata"]
        self._put(manifest["kind"], metadata.get("name", ""), namespace)
        for kind, name in generated.names(manifest):
            self._put(kind, name, namespace)
        self.labels |= {*_labels(manifest), *generated.labels(manifest)}
        if manifest["kind"] == "Namespace":
            self.namespaces.add(metadata["name"])

    def _put(self, kind: str, name: str, namespace: str) -> None:
        self.names.setdefault(kind, {}).setdefault(name, set()).add(namespace)
        self.namespaces |= {namespace} - {""}

    def copy(self) -> "Cluster":
        copied = {
            kind: {name: set(where) for name, where in names.items()}
            for kind, names in self.names.items()
        }
        return Cluster(copied, set(self.labels), set(self.namespaces))


@cache
def installed() -> Cluster:
    """A cluster with the pattern in either size."""
    cluster = Cluster(namespaces={*NAMESPACES})
    for size in SIZES:
        pattern = fork(size)
        for manifest in clustergroup.objects(pattern):
            cluster.add(manifest, manifest["metadata"].get("namespace", ""))
        for name in clustergroup.left_out(pattern):
            cluster.add({"kind": "Application", "metadata": {"name": name}}, "recsys-hub")
        for application in applications(pattern).values():
            namespace = application["spec"]["destination"]["namespace"]
            for manifest in filter(None, yaml.safe_load_all(render(pattern, application))):
                cluster.add(manifest, manifest["metadata"].get("namespace") or namespace)
    for name in list(cluster.names["Subscription"]):
        cluster.add({"kind": "PackageManifest", "metadata": {"name": name}}, "")
    for kind, namespace, names in OTHERS:
        for name in names:
            cluster._put(kind, name, namespace)
    cluster.namespaces |= set(cluster.names["Namespace"])
    for namespace in cluster.namespaces:
        cluster.add({"kind": "Namespace", "metadata": {"name": namespace}}, "")
    return cluster


def _labels(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("labels", "matchLabels") and isinstance(value, dict):
                yield from (f"{label}={text}" for label, text in value.items())
            else:
                yield from _labels(value)
    elif isinstance(node, list):
        for each in node:
            yield from _labels(each)
