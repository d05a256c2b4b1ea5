"""The switch for waves, and the Pattern, are where the framework's operator reads them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.lab.api import Api, Object
from support.lab.cluster_make import Make
from support.lab.crds import define, schemaless
from support.lab.processes import wait_until

pytestmark = pytest.mark.gitops

OWN = "patterns-operator"
SHARED = "openshift-operators"
PATTERN: Object = {
    "apiVersion": "gitops.hybrid-cloud-patterns.io/v1alpha1",
    "kind": "Pattern",
    "metadata": {"name": "recsys"},
    "spec": {"clusterGroupName": "hub", "gitSpec": {"targetRepo": "https://git.example.com/x"}},
}
SUBSCRIPTION: Object = {
    "apiVersion": "operators.coreos.com/v1alpha1",
    "kind": "Subscription",
    "metadata": {"name": OWN, "namespace": SHARED},
    "spec": {
        "name": OWN,
        "source": "community-operators",
        "sourceNamespace": "openshift-marketplace",
    },
}
# On a cluster an API server of OLM's own serves it.
PACKAGE_MANIFESTS = schemaless("packages.operators.coreos.com", "PackageManifest")
OFFER = {
    "apiVersion": "packages.operators.coreos.com/v1",
    "kind": "PackageManifest",
    "metadata": {"name": OWN, "namespace": "openshift-marketplace"},
    "status": {"channels": [{"name": "fast", "currentCSVDesc": {"version": "0.0.80"}}]},
}

# What the webhook of the newer operator does.
PROTECTION: Object = {
    "apiVersion": "admissionregistration.k8s.io/v1",
    "kind": "ValidatingAdmissionPolicy",
    "metadata": {"name": "patterns"},
    "spec": {
        "failurePolicy": "Fail",
        "matchConstraints": {
            "resourceRules": [
                {
                    "apiGroups": ["gitops.hybrid-cloud-patterns.io"],
                    "apiVersions": ["v1alpha1"],
                    "operations": ["DELETE"],
                    "resources": ["patterns"],
                }
            ]
        },
        "validations": [
            {
                "expression": "oldObject.metadata.?annotations"
                "['patterns.gitops.hybrid-cloud-patterns.io/prune'].orValue('') == 'true'",
                "message": "deletion denied: set the annotation",
            }
        ],
    },
}
BINDING: Object = {
    "apiVersion": "admissionregistration.k8s.io/v1",
    "kind": "ValidatingAdmissionPolicyBinding",
    "metadata": {"name": "patterns"},
    "spec": {"policyName": "patterns", "validationActions": ["Deny"]},
}

PLAYBOOK = """#!/bin/sh
[ "$1" != rhvp.cluster_utils.uninstall ] ||
  oc delete pattern recsys --namespace "$PATTERNS_OPERATOR_NAMESPACE" >/dev/null
echo "$1 in $PATTERNS_OPERATOR_NAMESPACE"
"""


@pytest.fixture(autouse=True)
def offered(api: Api) -> Iterator[None]:
    """The catalogue offers an operator that is new enough for a namespace of its own."""
    if "gitops.hybrid-cloud-patterns.io/v1alpha1 Pattern" not in api.resources:
        pytest.skip("no definition of Pattern: name a folder that has it by RECSYS_CRDS")
    define(api, [PACKAGE_MANIFESTS])
    api.apply([OFFER, PROTECTION, BINDING])
    yield
    for kind in ("validatingadmissionpolicybinding", "validatingadmissionpolicy"):
        api.kubectl("delete", kind, "patterns")
    api.kubectl("delete", "crd", PACKAGE_MANIFESTS["metadata"]["name"])
    api.kubectl("delete", "namespace", OWN, "--ignore-not-found")
    for kind in ("pattern/recsys", f"subscription/{OWN}", "configmap/patterns-operator-config"):
        api.kubectl("delete", "--namespace", SHARED, kind, "--ignore-not-found")


@pytest.fixture
def make(make: Make, tmp_path: Path) -> Make:
    """In place of the playbooks is a program that notes its calls."""
    playbook = tmp_path / "ansible-playbook"
    playbook.write_text(PLAYBOOK)
    playbook.chmod(0o755)
    return make


@pytest.mark.parametrize(
    ("existing", "namespace"), [(None, OWN), (SUBSCRIPTION, SHARED)], ids=["new", "shared already"]
)
def test_install_and_uninstall(
    api: Api, make: Make, existing: Object | None, namespace: str
) -> None:
    if existing:
        api.apply([existing])
    assert make("install") == f"rhvp.cluster_utils.install in {namespace}"
    settings = api.get(f"/api/v1/namespaces/{namespace}/configmaps/patterns-operator-config")
    assert settings
    assert settings["data"] == {"gitops.applicationHealthCheckEnabled": "true"}

    api.kubectl("apply", "--namespace", namespace, "--filename=-", stdin=json.dumps(PATTERN))
    wait_until(lambda: _is_protected(api, namespace), 60, "the Pattern is protected")
    assert make("uninstall").endswith(f"rhvp.cluster_utils.uninstall in {namespace}")
    assert not api.items("/apis/gitops.hybrid-cloud-patterns.io/v1alpha1/patterns")
    assert make("uninstall") == "recsys is not installed: nothing was changed"


def _is_protected(api: Api, namespace: str) -> bool:
    attempt = ("delete", "pattern", "recsys", "--namespace", namespace, "--dry-run=server")
    try:
        api.kubectl(*attempt)
    except RuntimeError as error:
        return "deletion denied" in str(error)
    return False
