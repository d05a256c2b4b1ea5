"""The cluster's targets, with programs named `oc` and `ansible-playbook` that note their calls."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from support.checkout import REPOSITORY

SHELL = "#!/usr/bin/env bash\n"
NOTE = 'echo "${0##*/} $*" >>"$CALLED"\n'
NOTES = SHELL + NOTE
# What applies notes its call once all has come down the pipe: after the call that wrote it.
OC = f"""{SHELL}
[[ $1 != apply ]] || cat >/dev/null
{NOTE}
case "$1" in
  get) [[ -n ${{INSTALLED:-}} ]] ;;
  create) echo "kind: ConfigMap" ;;
esac
"""
MONITORING = "configmap cluster-monitoring-config --namespace openshift-monitoring"
SWITCH = (
    "oc create configmap patterns-operator-config --namespace openshift-operators"
    " --from-literal=gitops.applicationHealthCheckEnabled=true --dry-run=client --output yaml"
)


@pytest.fixture
def make(tmp_path: Path) -> Any:
    programs, ready = tmp_path / "bin", tmp_path / "tools"
    for folder in (programs, ready):
        folder.mkdir()
    (ready / ".ready").touch()
    called = tmp_path / "called"
    for name, text in {"oc": OC, "ansible-playbook": NOTES, "preflight": NOTES}.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)

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
        return done.returncode, [*calls, *done.stdout.splitlines()]

    return run


def test_install(make: Any) -> None:
    assert make("install") == (
        0,
        [
            "preflight --purpose install",
            SWITCH,
            "oc apply --server-side --field-manager recsys --filename -",
            f"oc get {MONITORING}",
            f"oc create {MONITORING} --from-literal=config.yaml=enableUserWorkload: true",
            "ansible-playbook rhvp.cluster_utils.install",
        ],
    )


def test_monitoring_that_is_set_already_stays(make: Any) -> None:
    _, said = make("install", INSTALLED="yes")
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
            "ansible-playbook -vv rhvp.cluster_utils.load_secrets",
        ],
    )


def test_uninstall_twice(make: Any) -> None:
    query = "oc get patterns.gitops.hybrid-cloud-patterns.io recsys --namespace openshift-operators"
    status, said = make("uninstall", INSTALLED="yes")
    assert (status, said[1:]) == (0, [query, "ansible-playbook rhvp.cluster_utils.uninstall"])
    status, said = make("uninstall")
    assert (status, said[1:]) == (0, [query, "recsys is not installed: nothing was changed"])


@pytest.mark.parametrize("target", ["show", "operator-deploy", "argo-healthcheck"])
def test_the_frameworks_own_targets(make: Any, target: str) -> None:
    assert make(target) == (0, [f"ansible-playbook rhvp.cluster_utils.{target.replace('-', '_')}"])
