"""The tools of `make validate`: built once from their Go modules, or those of the system."""

import subprocess
from pathlib import Path

import pytest

from support.checkout import REPOSITORY
from support.lab import places
from support.lab.crds import manifests as definitions
from support.lab.lock import files
from support.pattern.charts import CHARTS, SIZES
from support.programs import installed

TOOLS = ("helm", "helm-unittest", "helm-docs", "kubectl", "kubectl-validate", "argocd")
MODULES = {file.path.relative_to(places.MODULES).parts[0] for file in files() if file.module}
DEFINITIONS = (*sorted(MODULES), "definitions")
"""The sources of the CustomResourceDefinitions of the charts' kinds."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test with the argument chart runs for every chart, one with size for every size."""
    if "chart" in metafunc.fixturenames and not _given(metafunc, "chart"):
        metafunc.parametrize("chart", CHARTS)
    if "size" in metafunc.fixturenames:
        metafunc.parametrize("size", SIZES)


def _given(metafunc: pytest.Metafunc, name: str) -> bool:
    marks = metafunc.definition.iter_markers("parametrize")
    return any(name in str(mark.args[0]).replace(",", " ").split() for mark in marks)


@pytest.fixture(scope="session", autouse=True)
def tools() -> None:
    subprocess.run([REPOSITORY / "tests/support/tools/build.sh", *TOOLS, *DEFINITIONS], check=True)


@pytest.fixture(scope="session")
def shellcheck() -> str:
    return installed("shellcheck")


@pytest.fixture(scope="session")
def crds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The definitions of all kinds, one per file, for `kubectl-validate`."""
    folder = tmp_path_factory.mktemp("crds")
    for number, definition in enumerate(definitions().split("\n---\n")):
        (folder / f"{number}.yaml").write_text(definition)
    return folder
