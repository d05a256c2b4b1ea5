"""The switch for waves, and the Pattern, are where the framework's operator reads them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.checkout import REPOSITORY
from support.lab.api import Api, Object
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
PACKAGE_MANIFESTS: Object = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "packagemanifests.packages.operators.coreos.com"},
    "spec": {
        "group": "packages.operators.coreos.com",
        "scope": "Namespaced",
        "names": {"kind": "PackageManifest", "plural": "packagemanifests"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "x-kubernetes-preserve-unknown-fields": True,
                    }
                },
            }
        ],
    },
}
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
    api.apply([PACKAGE_MANIFESTS])
    name = PACKAGE_MANIFESTS["metadata"]["name"]
    api.kubectl("wait", "--for=condition=Established", f"crd/{name}", "--timeout=60s")
    api.apply([OFFER, PROTECTION, BINDING])
    yield
    for kind in ("validatingadmissionpolicybinding", "validatingadmissionpolicy"):
        api.kubectl("delete", kind, "patterns")
    api.kubectl("delete", "crd", name)
    api.kubectl("delete", "namespace", OWN, "--ignore-not-found")
    for kind in ("pattern/recsys", f"subscription/{OWN}", "configmap/patterns-operator-config"):
        api.kubectl("delete", "--namespace", SHARED, kind, "--ignore-not-found")


@pytest.fixture
def make(environment: dict[str, str], tmp_path: Path) -> Callable[[str], str]:
    """Runs a target of the cluster; in place of the playbooks is a program that notes its calls."""
    tools = tmp_path / "tools"
    programs = {
        tmp_path / "ansible-playbook": PLAYBOOK,
        tools / "bin" / "python": f'#!/bin/sh\nexec {sys.executable} "$@"\n',
        tools / ".ready": "",
    }
    for program, text in programs.items():
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(text)
        program.chmod(0o755)

    def run(target: str) -> str:
        done = subprocess.run(
            ["make", "--file", "cluster.mk", f"CLUSTER={tools}", "PREFLIGHT=true", target],
            env={**os.environ, **environment},
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


@pytest.mark.parametrize(
    ("existing", "namespace"), [(None, OWN), (SUBSCRIPTION, SHARED)], ids=["new", "shared already"]
)
def test_install_and_uninstall(
    api: Api, make: Callable[[str], str], existing: Object | None, namespace: str
) -> None:
    if existing:
        api.apply([existing])
    assert make("install") == f"rhvp.cluster_utils.install in {namespace}"
    settings = api.get(f"/api/v1/namespaces/{namespace}/configmaps/patterns-operator-config")
    assert settings
    assert settings["data"] == {"gitops.applicationHealthCheckEnabled": "true"}

    api.kubectl("apply", "--namespace", namespace, "--filename=-", stdin=json.dumps(PATTERN))
    wait_until(lambda: _is_protected(api, namespace), 30, "the Pattern is protected")
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
