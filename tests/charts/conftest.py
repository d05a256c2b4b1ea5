"""The chart tests render with the Helm that `tests/gitops/tools/build.sh` builds."""

import subprocess

import pytest
from gitops.lab.places import REPOSITORY


@pytest.fixture(scope="session", autouse=True)
def helm() -> None:
    subprocess.run([REPOSITORY / "tests/gitops/tools/build.sh", "helm"], check=True)
