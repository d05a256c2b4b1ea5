"""Rules for every rendered manifest: security, resources, probes, labels."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from support.pattern.charts import (
    CHARTS,
    NAMESPACE,
    POD_KINDS,
    RUNNING_KINDS,
    VERSION,
    containers,
    fork,
    manifests,
    pod,
    rendered,
    title,
)
from support.pattern.clustergroup import Manifest

BY_DIGEST = re.compile(r"^\S+@sha256:[0-9a-f]{64}$")
BUILT_HERE = re.compile(rf"^[a-z][a-z0-9-]*:{re.escape(VERSION)}(-[0-9a-f]{{8}})?$")
OC = "image-registry.openshift-image-registry.svc:5000/openshift/cli:latest"
BY_TAG = {
    OC: "the cluster's own release brings it, and its digest with it",
    "image-registry.openshift-image-registry.svc:5000/openshift/oauth-proxy:v4.4": (
        "it comes with OpenShift, whose updates bring another digest"
    ),
    "docker.enterprisedb.com/k8s/postgresql:18.1-standard-ubi9": (
        "only an owner of EDB's token can read its digest: docs/day-2.md says how to pin it"
    ),
}
"""Images of others that are not by digest, with the reason."""
WITH_PASSWORD = re.compile(r"[a-z][a-z0-9+]*://[^\s/@:{}$]+:[^\s/@{}$]+@")
SECRET_NAME = re.compile(r"(?i)(password|passwd|secret|token|api_?key|private_?key)")
HOUR = 3600
HOOK = "argocd.argoproj.io/hook"
POLICY = "argocd.argoproj.io/hook-delete-policy"


def workloads(chart: str, size: str, kinds: tuple[str, ...] = POD_KINDS) -> list[Manifest]:
    return [manifest for manifest in manifests(chart, size) if manifest["kind"] in kinds]


@cache
def names_of_secrets() -> frozenset[str]:
    """Those that External Secrets creates, and those that operators create."""
    names = fork("demo").values["global"]["names"]
    made_by_operators = {
        f"{names['database']}-ca",
        f"{names['kafka']}-cluster-ca-cert",
        f"ds-pipeline-s3-{names['pipelines']}",
    }
    return frozenset(made_by_operators).union(
        manifest["spec"]["target"].get("name") or manifest["metadata"]["name"]
        for chart in CHARTS
        for manifest in manifests(chart, "demo")
        if manifest["kind"] == "ExternalSecret"
    )


def leaves(node: object, where: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        for key, child in node.items():
            yield from leaves(child, f"{where}/{key}")
    elif isinstance(node, list):
        for number, child in enumerate(node):
            yield from leaves(child, f"{where}/{number}")
    else:
        yield where, node


def test_images_are_pinned(chart: str, size: str) -> None:
    for manifest in manifests(chart, size):
        for where, image in leaves(manifest):
            if where.endswith(("/image", "/imageName")) and isinstance(image, str):
                pinned = BY_DIGEST.match(image) or BUILT_HERE.match(image) or image in BY_TAG
                assert pinned, (title(manifest), image)
    assert ":latest" not in rendered(chart, size).replace(OC, "")


def test_every_image_by_tag_is_used(size: str) -> None:
    """An entry of the list above must be removed when its image is."""
    used = {
        value for chart in CHARTS for each in manifests(chart, size) for _, value in leaves(each)
    }
    assert set(BY_TAG) <= {value for value in used if isinstance(value, str)}


def test_nothing_runs_as_root(chart: str, size: str) -> None:
    for workload in workloads(chart, size):
        whole = pod(workload).get("securityContext", {})
        assert whole.get("runAsNonRoot") is True, title(workload)
        assert whole.get("seccompProfile") == {"type": "RuntimeDefault"}, title(workload)
        for container in containers(workload):
            own = container.get("securityContext", {})
            where = f"{title(workload)}: {container['name']}"
            assert own.get("allowPrivilegeEscalation") is False, where
            assert own.get("readOnlyRootFilesystem") is True, where
            assert own.get("capabilities") == {"drop": ["ALL"]}, where
            for context in (whole, own):  # OpenShift assigns user ids per namespace
                assert not {"runAsUser", "runAsGroup", "fsGroup"} & set(context), where
                assert not context.get("privileged"), where


def test_nothing_uses_the_host(chart: str, size: str) -> None:
    for workload in workloads(chart, size):
        spec = pod(workload)
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec), title(workload)
        assert all("hostPath" not in volume for volume in spec.get("volumes", []))
        ports = [port for container in containers(workload) for port in container.get("ports", [])]
        assert all("hostPort" not in port for port in ports), title(workload)


def test_the_service_account_token_is_mounted_explicitly(chart: str, size: str) -> None:
    for workload in workloads(chart, size):
        spec = pod(workload)
        assert spec.get("automountServiceAccountToken") is not None, title(workload)
        if spec["automountServiceAccountToken"]:
            assert spec.get("serviceAccountName"), title(workload)


def test_requests_and_limits(chart: str, size: str) -> None:
    for workload in workloads(chart, size):
        for container in containers(workload):
            resources = container.get("resources", {})
            for bound in ("requests", "limits"):
                assert {"cpu", "memory"} <= set(resources.get(bound, {})), (
                    title(workload),
                    container["name"],
                )


def test_probes(chart: str, size: str) -> None:
    for workload in workloads(chart, size, RUNNING_KINDS):
        for container in pod(workload)["containers"]:
            required = {"startupProbe", "livenessProbe", "readinessProbe"}
            assert required <= set(container), (title(workload), container["name"])


def test_replicas_are_spread_and_have_a_disruption_budget(chart: str, size: str) -> None:
    budgets = [m for m in manifests(chart, size) if m["kind"] == "PodDisruptionBudget"]
    scaled = {
        manifest["spec"]["scaleTargetRef"]["name"]
        for manifest in manifests(chart, size)
        if manifest["kind"] in {"HorizontalPodAutoscaler", "ScaledObject"}
    }
    for workload in workloads(chart, size, RUNNING_KINDS):
        labels = workload["spec"]["template"]["metadata"]["labels"]
        many = workload["spec"].get("replicas", 1) > 1 or workload["metadata"]["name"] in scaled
        if many:
            assert pod(workload).get("topologySpreadConstraints"), title(workload)
            selectors = [budget["spec"]["selector"]["matchLabels"] for budget in budgets]
            assert any(s.items() <= labels.items() for s in selectors), title(workload)


def test_jobs_are_hooks_that_can_run_again(chart: str, size: str) -> None:
    """A Job is immutable, so an upgrade replaces it; nothing else is replaced.

    A sync waits for its hooks and takes no newer commit meanwhile, so each has a deadline.
    """
    for workload in workloads(chart, size, ("Job",)):
        annotations = workload["metadata"]["annotations"]
        assert annotations[HOOK] in {"Sync", "PostSync"}, title(workload)
        assert annotations[POLICY] == "BeforeHookCreation", title(workload)
        assert 0 < workload["spec"]["activeDeadlineSeconds"] <= HOUR, title(workload)
    for manifest in manifests(chart, size):
        if manifest["kind"] != "Job":
            assert HOOK not in manifest["metadata"].get("annotations", {}), title(manifest)


def test_no_secret_material(chart: str, size: str) -> None:
    assert not WITH_PASSWORD.search(rendered(chart, size))
    for manifest in manifests(chart, size):
        if manifest["kind"] == "Secret":  # one that Kubernetes fills itself has none of these
            assert not {"data", "stringData"} & set(manifest), title(manifest)
    for workload in workloads(chart, size):
        for container in containers(workload):
            for variable in container.get("env", []):
                value = str(variable.get("value", ""))
                if SECRET_NAME.search(variable["name"]) and not value.startswith("/"):
                    assert value in {"", *names_of_secrets()}, (title(workload), variable)


def test_no_namespace_is_hard_coded(chart: str, size: str) -> None:
    for manifest in manifests(chart, size):
        assert manifest["metadata"].get("namespace", NAMESPACE) == NAMESPACE, title(manifest)
        for where, value in leaves(manifest):
            if where.rsplit("/", 1)[-1] in {"namespace", "targetNamespace"}:
                assert value in {NAMESPACE, ""}, (title(manifest), where, value)
    assert not re.search(r"\brecsys\.svc\b", rendered(chart, size))


def test_no_host_is_hard_coded(chart: str, size: str) -> None:
    for manifest in manifests(chart, size):
        if manifest["kind"] == "Route":
            assert manifest["spec"].get("host", "").endswith((".apps.c.example.net", ""))
    assert "example.com" not in rendered(chart, size)


def test_everything_has_the_recommended_labels(chart: str, size: str) -> None:
    for manifest in manifests(chart, size):
        labels = manifest["metadata"].get("labels", {})
        assert labels.get("app.kubernetes.io/part-of") == "recsys", title(manifest)
        assert labels.get("app.kubernetes.io/name"), title(manifest)


def test_names_are_unique(size: str) -> None:
    """All charts share a namespace."""
    names = [
        (manifest["apiVersion"], title(manifest))
        for chart in CHARTS
        for manifest in manifests(chart, size)
    ]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("kind", ["Deployment", "Job"])
def test_there_are_workloads_to_check(kind: str) -> None:
    assert any(workloads(chart, "demo", (kind,)) for chart in CHARTS)
