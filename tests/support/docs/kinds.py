"""The kinds of a cluster, and the ways in which `oc` can be told one."""

import json
import re
from functools import cache

from support.lab.crds import manifests as definitions

GROUP = re.compile(r"^  group: (\S+)$", re.MULTILINE)
KIND = re.compile(r"^  names:\n(?:    .*\n)*?    kind: (\S+)$", re.MULTILINE)
# Of Kubernetes, OpenShift and the framework; the lab has the definitions of all others.
KINDS = {
    "": (
        *("Pod", "Service", "Secret", "ConfigMap", "Event", "Namespace", "Node", "ServiceAccount"),
        *("PersistentVolume", "PersistentVolumeClaim", "ResourceQuota", "LimitRange"),
    ),
    "apps": ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"),
    "batch": ("Job", "CronJob"),
    "rbac.authorization.k8s.io": ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"),
    "networking.k8s.io": ("NetworkPolicy",),
    "storage.k8s.io": ("StorageClass",),
    "snapshot.storage.k8s.io": ("VolumeSnapshot", "VolumeSnapshotClass", "VolumeSnapshotContent"),
    "apiextensions.k8s.io": ("CustomResourceDefinition",),
    "admissionregistration.k8s.io": (
        *("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"),
    ),
    "operators.coreos.com": ("Subscription", "InstallPlan", "ClusterServiceVersion", "Operator"),
    "packages.operators.coreos.com": ("PackageManifest",),
    "config.openshift.io": ("ClusterVersion", "Infrastructure", "ClusterOperator"),
    "imageregistry.operator.openshift.io": ("Config",),
    "operator.openshift.io": ("IngressController",),
    "build.openshift.io": ("Build",),
    "console.openshift.io": ("ConsolePlugin",),
    "gitops.hybrid-cloud-patterns.io": ("Pattern",),
    "argoproj.io": ("ArgoCD", "Application", "Workflow"),
    "core.strimzi.io": ("StrimziPodSet",),
    "dscinitialization.opendatahub.io": ("DSCInitialization",),
}
SHORT = {
    "csv": "ClusterServiceVersion",
    "pvc": "PersistentVolumeClaim",
    "pv": "PersistentVolume",
    "bc": "BuildConfig",
    "cm": "ConfigMap",
    "crd": "CustomResourceDefinition",
    "ns": "Namespace",
    "hpa": "HorizontalPodAutoscaler",
    "svc": "Service",
    "sa": "ServiceAccount",
    "co": "ClusterOperator",
}
CLUSTER_SCOPED = {
    *("Namespace", "Node", "PersistentVolume", "ClusterRole", "ClusterRoleBinding", "StorageClass"),
    *("VolumeSnapshotClass", "VolumeSnapshotContent", "CustomResourceDefinition", "Operator"),
    *("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "ClusterVersion"),
    *("Infrastructure", "ClusterOperator", "Config", "ConsolePlugin", "DSCInitialization"),
    *(
        "ConsoleLink",
        "DataScienceCluster",
        "ClusterSecretStore",
        "PackageManifest",
        "PriorityClass",
    ),
}


@cache
def resources() -> dict[str, str]:
    """Kinds by every way to write one: `pod`, `pods`, `pods.GROUP`."""
    found = dict(SHORT)
    others = ((group, kind) for group, kinds in KINDS.items() for kind in kinds)
    for group, kind in (*map(_defined, definitions().split("\n---\n")), *others):
        singular = kind.lower()
        for word in (singular, _plural(singular)):
            found[word] = kind
            found[f"{word}.{group}"] = kind
    return found


def _defined(definition: str) -> tuple[str, str]:
    """Group and kind of a definition, in JSON or in YAML, of which only two lines are read."""
    if definition.startswith("{"):
        spec = json.loads(definition)["spec"]
        return spec["group"], spec["names"]["kind"]
    group, kind = GROUP.search(definition), KIND.search(definition)
    assert group
    assert kind
    return group[1], kind[1]


def _plural(word: str) -> str:
    if word.endswith("y"):
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(("s", "ss", "x")) else f"{word}s"
