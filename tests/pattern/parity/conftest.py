"""The parity tests render charts with the Helm that `tests/support/tools/build.sh` builds."""

import subprocess

import pytest

from support.checkout import REPOSITORY


@pytest.fixture(scope="session", autouse=True)
def helm() -> None:
    subprocess.run([REPOSITORY / "tests/support/tools/build.sh", "helm"], check=True)
