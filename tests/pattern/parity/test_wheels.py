"""What an image installs has a wheel for its base image: no build in the cluster compiles."""

import re
import shutil
import subprocess
from importlib.metadata import distribution

import pytest

from support.checkout import REPOSITORY
from support.pattern.containerfile import PYTHON, Containerfile

PLATFORMS = {"ubi9": "x86_64-manylinux_2_34"}
"""The oldest wheels that a base image runs: its version of glibc."""
ONLY_SOURCE = ("kfp-server-api",)
"""Of these the index has no wheel."""


def resolved(name: str, platform: str) -> subprocess.CompletedProcess[str]:
    """The image's Python set, with PyTorch of the default index instead of the CPU's."""
    file = Containerfile.of(name)
    [python] = set(re.findall(r"venv --python /usr/bin/python(\S+)", file.path.read_text()))
    uv = shutil.which("uv") or REPOSITORY / ".venv/bin/uv"
    return subprocess.run(
        [
            *(uv, "pip", "compile", "pyproject.toml", "--quiet", "--no-header", "--no-annotate"),
            *("--constraint", "constraints.txt", "--python-version", python),
            *("--python-platform", platform, "--only-binary", ":all:"),
            *(f"--no-binary={package}" for package in ONLY_SOURCE),
            *(f"--extra={extra}" for extra in sorted(file.extras)),
        ],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", PYTHON)
def test_every_package_has_a_wheel_for_the_base_and_is_pinned(name: str) -> None:
    base = re.search(r"/(\w+)/", Containerfile.of(name).bases[0])
    assert base
    done = resolved(name, PLATFORMS[base[1]])
    assert done.returncode == 0, done.stderr
    constraints = (REPOSITORY / "constraints.txt").read_text().splitlines()
    pinned = {line.partition(" ;")[0] for line in constraints}
    assert set(done.stdout.split()) <= pinned


def test_a_package_without_a_wheel_for_the_base_is_named() -> None:
    done = resolved("processor", "x86_64-manylinux2014")
    assert done.returncode != 0
    assert "no usable wheels" in done.stderr


@pytest.mark.parametrize("package", ONLY_SOURCE)
def test_a_package_without_a_wheel_needs_no_compiler(package: str) -> None:
    wheel = distribution(package).read_text("WHEEL") or ""
    assert "Root-Is-Purelib: true" in wheel
    assert "Tag: py3-none-any" in wheel
