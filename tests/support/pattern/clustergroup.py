"""The objects that the Validated Patterns framework creates from a pattern's values.

On a cluster the framework renders them with its chart `clustergroup` 0.9.*. Tests cannot fetch that
chart, so this module makes the same Namespaces, OperatorGroups, Subscriptions, AppProjects and
Applications. https://github.com/validatedpatterns/clustergroup-chart
"""

from collections.abc import Iterator, Mapping
from typing import Any

from support.pattern.pattern import FRAMEWORK_CHARTS, Pattern
from support.pattern.values import Values, expand, strings, text

Manifest = dict[str, Any]

FINALIZER = "resources-finalizer.argocd.argoproj.io/foreground"


def objects(pattern: Pattern) -> list[Manifest]:
    """All objects of the chart that can be installed from the fork alone."""
    return [
        *_namespaces(pattern),
        *_operator_groups(pattern),
        *_subscriptions(pattern),
        *_projects(pattern),
        *_enabled(pattern.group.get("extraObjects")),
        *([] if pattern.deleting else applications(pattern)),
    ]


def applications(pattern: Pattern) -> list[Manifest]:
    """One Application per entry, without those of `left_out`."""
    return [
        _application(pattern, entry)
        for entry in _enabled(pattern.group.get("applications"))
        if not entry.get("chart")
    ]


def left_out(pattern: Pattern) -> dict[str, str]:
    """Applications that cannot be installed from the fork alone, with the reason."""
    return {
        entry["name"]: (
            f"chart {entry['chart']} {entry.get('chartVersion', '')} is in "
            f"{entry.get('repoURL') or FRAMEWORK_CHARTS}, which the tests do not fetch from"
        )
        for entry in _enabled(pattern.group.get("applications"))
        if entry.get("chart")
    }


def _application(pattern: Pattern, entry: Values) -> Manifest:
    cluster = pattern.cluster
    extra_files = entry.get("extraValueFiles") or []
    spec = {
        "destination": {
            "name": pattern.group["targetCluster"],
            "namespace": entry.get("namespace") or pattern.argocd_namespace,
        },
        "project": entry.get("argoProject") or entry.get("project") or "default",
        "source": {
            "repoURL": entry.get("repoURL") or cluster.repo_url,
            "targetRevision": entry.get("targetRevision") or cluster.revision,
            "path": entry["path"],
            "helm": {
                "ignoreMissingValueFiles": True,
                "values": "extraParametersNested:\n",
                "valueFiles": [
                    *pattern.value_files,
                    *(f"$patternref{expand(file, pattern.values)}" for file in extra_files),
                ],
                "parameters": list(_parameters(pattern, entry)),
            },
        },
    }
    if policy := _sync_policy(pattern, entry):
        spec["syncPolicy"] = policy
    if entry.get("ignoreDifferences"):
        spec["ignoreDifferences"] = entry["ignoreDifferences"]
    metadata = {
        "name": entry["name"],
        "namespace": pattern.argocd_namespace,
        "labels": {"validatedpatterns.io/pattern": pattern.name},
        "finalizers": [FINALIZER],
        **_annotations(entry),
    }
    return _manifest("argoproj.io/v1alpha1", "Application", metadata, spec)


def _sync_policy(pattern: Pattern, entry: Values) -> Manifest | None:
    options = pattern.values["global"]["options"]
    policy = entry.get("syncPolicy") or options["syncPolicy"]
    if isinstance(policy, Mapping):
        return dict(policy)
    if policy.lower() == "manual":
        return None
    return {"automated": {}, "retry": {"limit": options["applicationRetryLimit"]}}


def _parameters(pattern: Pattern, entry: Values) -> Iterator[Manifest]:
    for name, value in pattern.parameters.items():
        yield {"name": f"global.{name}", "value": value}
    extra_fields = {
        "extraHubClusterDomainFields": pattern.cluster.apps_domain,
        "extraLocalClusterDomainFields": pattern.cluster.apps_domain,
        "extraRepoURLFields": "$ARGOCD_APP_SOURCE_REPO_URL",
        "extraTargetRevisionFields": "$ARGOCD_APP_SOURCE_TARGET_REVISION",
        "extraNamespaceFields": "$ARGOCD_APP_NAMESPACE",
        "extraPatternNameFields": pattern.name,
    }
    for field, value in extra_fields.items():
        for name in entry.get(field) or []:
            yield {"name": name, "value": value}
    overrides = entry.get("overrides") or []
    for each in overrides.values() if isinstance(overrides, Mapping) else overrides:
        force = {"forceString": True} if each.get("forceString") else {}
        yield {"name": each["name"], "value": expand(text(each["value"]), pattern.values)} | force


def _namespaces(pattern: Pattern) -> Iterator[Manifest]:
    managed_by = f"{pattern.name}-{pattern.group['name']}"
    if pattern.has_own_argocd:
        yield _manifest("v1", "Namespace", {"name": managed_by, "labels": {"name": managed_by}})
    for name, entry in _enabled_namespaces(pattern):
        labels = {"argocd.argoproj.io/managed-by": managed_by, **strings(entry.get("labels"))}
        yield _manifest("v1", "Namespace", {"name": name, "labels": labels, **_annotations(entry)})


def _operator_groups(pattern: Pattern) -> Iterator[Manifest]:
    for name, entry in _enabled_namespaces(pattern):
        if entry.get("operatorGroup", True):
            targets = entry.get("targetNamespaces", [name])
            yield _manifest(
                "operators.coreos.com/v1",
                "OperatorGroup",
                {"name": f"{name}-operator-group", "namespace": name},
                {"targetNamespaces": targets} if targets else {},
            )


def _subscriptions(pattern: Pattern) -> Iterator[Manifest]:
    approval = pattern.values["global"]["options"]["installPlanApproval"]
    for entry in _enabled(pattern.group.get("subscriptions")):
        optional = {
            "channel": entry.get("channel"),
            "config": entry.get("config"),
            "startingCSV": entry.get("csv"),
        }
        spec = {
            "name": entry["name"],
            "source": entry.get("source") or "redhat-operators",
            "sourceNamespace": entry.get("sourceNamespace") or "openshift-marketplace",
            "installPlanApproval": entry.get("installPlanApproval") or approval,
            **{key: value for key, value in optional.items() if value},
        }
        for namespace in entry.get("namespaces") or [entry.get("namespace")]:
            metadata = {
                "name": entry["name"],
                "namespace": namespace or "openshift-operators",
                **_annotations(entry),
            }
            yield _manifest("operators.coreos.com/v1alpha1", "Subscription", metadata, spec)


def _projects(pattern: Pattern) -> Iterator[Manifest]:
    everything = [{"group": "*", "kind": "*"}]
    for name in sorted(pattern.group.get("argoProjects") or []):
        spec = {
            "description": f"Pattern {name}",
            "destinations": [{"namespace": "*", "server": "*"}],
            "clusterResourceWhitelist": everything,
            "namespaceResourceWhitelist": everything,
            "sourceRepos": ["*"],
        }
        metadata = {"name": name, "namespace": pattern.argocd_namespace}
        yield _manifest("argoproj.io/v1alpha1", "AppProject", metadata, spec)


def _enabled(entries: Values | None) -> Iterator[Values]:
    for _, entry in sorted((entries or {}).items()):
        if entry and not entry.get("disabled"):
            yield entry


def _enabled_namespaces(pattern: Pattern) -> Iterator[tuple[str, Values]]:
    for name, entry in sorted(pattern.group["namespaces"].items()):
        if not (entry or {}).get("disabled"):
            yield name, entry or {}


def _annotations(entry: Values) -> Manifest:
    annotations = strings(entry.get("annotations"))
    return {"annotations": annotations} if annotations else {}


def _manifest(
    api_version: str, kind: str, metadata: Manifest, spec: Manifest | None = None
) -> Manifest:
    body: Manifest = {"apiVersion": api_version, "kind": kind, "metadata": metadata}
    return body if spec is None else {**body, "spec": spec}
