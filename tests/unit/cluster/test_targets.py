"""The cluster's targets, with programs named `oc` and `ansible-playbook` that note their calls."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.checkout import REPOSITORY

SHELL = "#!/usr/bin/env bash\n"
NOTE = 'echo "${0##*/} $*" >>"$CALLED"\n'
NOTES = SHELL + NOTE
PLAYBOOK = SHELL + 'echo "${0##*/} $* in ${PATTERNS_OPERATOR_NAMESPACE:-}" >>"$CALLED"\n'
# What applies notes its call once all has come down the pipe: after the calls that wrote it.
OC = f"""{SHELL}
while [[ $1 == --* ]]; do shift; done
[[ $1 != apply ]] || cat >/dev/null
{NOTE}
case "$1 $2" in
  "get subscriptions.operators.coreos.com")
    [[ -n ${{SHARED:-}} ]] || {{ echo "(NotFound)" >&2; exit 1; }}
    echo '{{"kind": "Subscription"}}'
    ;;
  "get packagemanifests.packages.operators.coreos.com")
    echo '{{"status": {{"channels": [{{"currentCSVDesc": {{"version": "0.0.80"}}}}]}}}}'
    ;;
  "get patterns.gitops.hybrid-cloud-patterns.io")
    echo '{{"items": ['"${{INSTALLED:-}}"']}}' ;;
  "get configmap") [[ -n ${{MONITORED:-}} ]] ;;
  create*) echo "kind: ConfigMap" ;;
esac
"""
MONITORING = "configmap cluster-monitoring-config --namespace openshift-monitoring"
PATTERN = '{"metadata": {"name": "recsys", "namespace": "patterns-operator"}}'


def settings(namespace: str) -> list[str]:
    """The calls that make the operator wait for waves."""
    create = f"oc create configmap patterns-operator-config --namespace {namespace}"
    switch = "--from-literal=gitops.applicationHealthCheckEnabled=true"
    return [
        f"oc create namespace {namespace} --dry-run=client --output yaml",
        f"{create} {switch} --dry-run=client --output yaml",
        "oc apply --server-side --field-manager recsys --filename -",
    ]


@pytest.fixture
def make(tmp_path: Path) -> Any:
    programs, ready = tmp_path / "bin", tmp_path / "tools"
    for folder in (programs, ready / "bin"):
        folder.mkdir(parents=True)
    (ready / ".ready").touch()
    called = tmp_path / "called"
    written = {
        programs / "oc": OC,
        programs / "ansible-playbook": PLAYBOOK,
        programs / "preflight": NOTES,
        ready / "bin" / "python": f'{SHELL}exec {sys.executable} "$@"\n',
    }
    for program, text in written.items():
        program.write_text(text)
        program.chmod(0o755)

    def run(target: str, preflight: str = "preflight", **variables: str) -> tuple[int, list[str]]:
        called.write_text("")
        path = f"{programs}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            [
                *("make", "--no-print-directory", "--file", "cluster.mk"),
                *(f"CLUSTER={ready}", f"PREFLIGHT={preflight}", target),
            ],
            env={**os.environ, "PATH": path, "CALLED": str(called), **variables},
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=False,
        )
        calls = [line.strip().replace("  ", " ") for line in called.read_text().splitlines()]
        asked = ("oc get subscriptions", "oc get packagemanifests", "oc get patterns")
        calls = [call for call in calls if not call.startswith(asked)]
        return done.returncode, [*calls, *done.stdout.splitlines()]

    return run


@pytest.mark.parametrize(
    ("shared", "namespace"), [("", "patterns-operator"), ("yes", "openshift-operators")]
)
def test_install(make: Any, shared: str, namespace: str) -> None:
    """The switch for waves is where the operator reads it."""
    assert make("install", SHARED=shared) == (
        0,
        [
            "preflight --purpose install",
            f"oc get {MONITORING}",
            f"oc create {MONITORING} --from-literal=config.yaml=enableUserWorkload: true",
            *settings(namespace),
            f"ansible-playbook rhvp.cluster_utils.install in {namespace}",
        ],
    )


def test_monitoring_that_is_set_already_stays(make: Any) -> None:
    _, said = make("install", MONITORED="yes")
    assert f"oc get {MONITORING}" in said
    assert not [line for line in said if line.startswith(f"oc create {MONITORING}")]


def test_nothing_is_done_if_something_is_wrong(make: Any) -> None:
    for target in ("install", "uninstall", "load-secrets"):
        status, said = make(target, preflight="false")
        assert status != 0
        assert said == []


def test_load_secrets(make: Any) -> None:
    assert make("load-secrets", EXTRA_PLAYBOOK_OPTS="-vv") == (
        0,
        [
            "preflight --purpose load-secrets",
            "ansible-playbook -vv rhvp.cluster_utils.load_secrets in",
        ],
    )


def test_uninstall_twice(make: Any) -> None:
    """The pattern is found in any namespace, and may be deleted before the playbook deletes it."""
    kind = "patterns.gitops.hybrid-cloud-patterns.io"
    allow = f"oc annotate {kind} recsys --namespace patterns-operator --overwrite {kind}/prune=true"
    playbook = "ansible-playbook rhvp.cluster_utils.uninstall in patterns-operator"
    assert make("uninstall", INSTALLED=PATTERN) == (
        0,
        ["preflight --purpose uninstall", allow, playbook],
    )
    status, said = make("uninstall")
    assert (status, said[1:]) == (0, ["recsys is not installed: nothing was changed"])


def test_nothing_is_uninstalled_if_the_pattern_cannot_be_found(make: Any) -> None:
    status, said = make("uninstall", INSTALLED=f"{PATTERN}, {PATTERN}")
    assert status != 0
    assert said == ["preflight --purpose uninstall"]


@pytest.mark.parametrize("target", ["show", "operator-deploy", "argo-healthcheck"])
def test_the_frameworks_own_targets(make: Any, target: str) -> None:
    playbook = f"rhvp.cluster_utils.{target.replace('-', '_')}"
    assert make(target) == (0, [f"ansible-playbook {playbook} in"])
