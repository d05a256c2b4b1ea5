"""The API server and the installation that the GitOps tests share (`make test-gitops`)."""

import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.checkout import REPOSITORY
from support.lab import control_plane
from support.lab.api import Api
from support.lab.cluster_make import Make
from support.lab.installation import Installation, installation
from support.lab.operators import operators
from support.lab.places import BIN, STATE
from support.lab.repository import copy_working_tree
from support.lab.vault import Vault
from support.pattern import charts
from support.pattern.pattern import Cluster, Pattern

OPENSHIFT_NAMESPACES = ("openshift-marketplace", "openshift-monitoring", "openshift-operators")
LEFT_OUT = pytest.StashKey[dict[str, str]]()
NEEDED = ("helm", "kubectl", "argocd", "kubelab", "kwok", "external-secrets", "cloudnative-pg")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "gitops: on a real API server with a real Argo CD")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Collect these tests for `-m gitops` only: they need Go and take minutes."""
    return None if "gitops" in config.option.markexpr else True


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Report what was not installed, and why."""
    for name, reason in config.stash.get(LEFT_OUT, {}).items():
        terminalreporter.write_line(f"left out: {name}: {reason}")


@pytest.fixture(scope="session")
def folder() -> Path:
    missing = [name for name in NEEDED if not (BIN / name).exists()]
    if missing:
        pytest.fail(f"missing: {', '.join(missing)}; run tests/support/tools/build.sh")
    try:
        socket.gethostbyname(control_plane.NAME)
    except OSError:
        pytest.fail(f"no host {control_plane.NAME}: run tests/pattern/lab/run.sh")
    folder = STATE / "lab"
    if folder.exists():
        # its git repositories have ten thousand files, so they are removed beside the tests
        former = folder.rename(tempfile.mkdtemp(prefix="former-", dir=STATE))
        subprocess.Popen(["rm", "-rf", former])
    folder.mkdir(parents=True)
    return folder


@pytest.fixture(scope="session")
def pattern() -> Pattern:
    """The working tree as a pattern on a cluster."""
    return Pattern(REPOSITORY, Cluster(repo_url="https://git.example.com/fork.git"))


@pytest.fixture(scope="session")
def bare_api(folder: Path) -> Iterator[Api]:
    """The API server, without operators."""
    with control_plane.control_plane(folder) as api:
        yield api


@pytest.fixture(scope="session")
def vault(bare_api: Api, folder: Path) -> Iterator[Vault]:
    """The secrets of the pattern, which the operators read."""
    with operators(bare_api, folder) as vault:
        vault.load(REPOSITORY / "values-secret.yaml.template")
        yield vault


@pytest.fixture(scope="session")
def api(bare_api: Api, vault: Vault, pattern: Pattern) -> Api:
    """The API server, with the operators."""
    if missing := charts.kinds(pattern) - bare_api.resources.keys():
        pytest.fail(
            f"no definition of {', '.join(sorted(missing))}: put the operators'"
            " CustomResourceDefinitions into a folder and name it by RECSYS_CRDS"
        )
    for name in OPENSHIFT_NAMESPACES:
        bare_api.create("/api/v1/namespaces", {"metadata": {"name": name}})
    return bare_api


@pytest.fixture(scope="module")
def shop(api: Api, folder: Path, pytestconfig: pytest.Config) -> Iterator[Installation]:
    """An installation of the working tree; `install` has not run yet."""
    with installation(api, folder / "shop", copy_working_tree) as shop:
        pytestconfig.stash[LEFT_OUT] = shop.left_out()
        yield shop


@pytest.fixture
def environment(api: Api, tmp_path: Path) -> dict[str, str]:
    """`oc` is a link to kubectl, which has the same commands and messages."""
    (tmp_path / "oc").symlink_to(BIN / "kubectl")
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": path, "KUBECONFIG": str(api.kubeconfig), "HOME": str(tmp_path)}


@pytest.fixture
def make(environment: dict[str, str], tmp_path: Path) -> Make:
    """Runs a target of the cluster."""
    return Make(environment, tmp_path / "tools")
