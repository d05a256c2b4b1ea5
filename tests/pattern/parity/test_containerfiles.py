"""The Containerfiles of the code against that code and the charts that build and run them."""

import json
import os
import re
import subprocess
import sys
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from support.checkout import REPOSITORY
from support.pattern.charts import containers, manifests, title
from support.pattern.containerfile import PYTHON, Containerfile

MODULES = {
    "storefront": [
        "apps.cli.main",
        "apps.filling.fill",
        "apps.storefront.app",
        "gunicorn.app.wsgiapp",
        "ml.serving.live_model",
    ],
    "processor": [
        "apps.analytics.dashboard.app",
        "apps.cli.main",
        "apps.dead_letters.replay",
        "apps.filling.fill",
        "gunicorn.app.wsgiapp",
        "streams.processor.__main__",
    ],
    "pipeline": [
        "apps.encoder.app",
        "apps.migrations.__main__",
        "gunicorn.app.wsgiapp",
        "ml.features.apply",
        "ml.image_vectors",
        "ml.images.loading",
        "ml.item_vectors",
        "ml.text_vectors",
        "ml.publication",
        "ml.registry.kubeflow",
        "ml.towers.training",
        "pipelines.retrain.deploy",
    ],
}
"""The modules that each image runs."""
WORKLOADS = {
    "storefront": ("storefront", "Deployment/storefront"),
    "processor": ("processor", "Deployment/processor"),
}
"""Chart and workload of the images that serve."""
_IMPORT_WITHOUT = """
import importlib, json, os, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in absent:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

modules, absent = map(json.loads, sys.argv[1:])
sys.meta_path.insert(0, Absent())
for module in modules:
    importlib.import_module(module)
"""


@pytest.fixture(params=PYTHON)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def file(name: str) -> Containerfile:
    return Containerfile.of(name)


def test_base_images_are_pinned_images_of_red_hat(file: Containerfile) -> None:
    assert len(file.bases) == 2
    for base in file.bases:
        assert re.fullmatch(r"registry\.access\.redhat\.com/ubi9/[a-z0-9-]+:9\.\d+", base)
    assert "/ubi-minimal:" in file.bases[-1]


def test_the_image_runs_as_any_user_but_root(file: Containerfile) -> None:
    (user,) = [words for word, words in file.runtime if word == "USER"]
    uid, group = user.split(":")
    assert int(uid) > 0
    assert group == "0"


def test_the_image_has_only_the_environment_of_the_builder(file: Containerfile) -> None:
    copies = [words for word, words in file.runtime if word in {"COPY", "ADD"}]
    assert copies == ["--from=builder /opt/recsys /opt/recsys"]
    (packages,) = [words for word, words in file.runtime if word == "RUN"]
    assert "install -y --nodocs --setopt=install_weak_deps=0 python3.11 " in packages


def test_the_containerfiles_share_their_build() -> None:
    """A Containerfile cannot include another one, so each has the whole build."""
    shared = {
        name: [
            re.sub(r" UV_TORCH_BACKEND=\S+", "", f"{word} {' '.join(words.split())}").partition(
                " --extra "
            )[0]
            for word, words in Containerfile.of(name).instructions
            if word not in {"ARG", "EXPOSE", "CMD"}
        ]
        for name in PYTHON
    }
    assert shared["storefront"] == shared["processor"] == shared["pipeline"]


def test_what_is_copied_is_in_the_build_context(file: Containerfile) -> None:
    kept = {
        line.removeprefix("!")
        for line in (REPOSITORY / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    copied = {
        source
        for word, words in file.instructions
        if word == "COPY" and not words.startswith("--from")
        for source in words.split()[:-1]
    }
    assert copied == kept
    assert all((REPOSITORY / each).exists() for each in copied)


def test_only_the_image_that_trains_has_pytorch(name: str, file: Containerfile) -> None:
    torch = "torch" in _closure(file.extras)
    assert torch == (name == "pipeline")
    assert ("UV_TORCH_BACKEND" in file.path.read_text()) == torch


def test_the_image_has_every_library_that_its_commands_import(
    name: str, file: Containerfile
) -> None:
    there = _closure(file.extras)
    absent = [
        package
        for package, owners in packages_distributions().items()
        if not there & {canonicalize_name(owner) for owner in owners}
    ]
    assert "jgo" in absent
    done = subprocess.run(
        [sys.executable, "-c", _IMPORT_WITHOUT, json.dumps(MODULES[name]), json.dumps(absent)],
        capture_output=True,
        text=True,
        check=False,
        cwd=REPOSITORY,
        env={**os.environ, "RECSYS_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"},
    )
    assert not done.returncode, done.stderr


def test_the_command_is_in_the_image(file: Containerfile) -> None:
    (command,) = [json.loads(words) for word, words in file.runtime if word == "CMD"]
    assert command[0] in {"gunicorn", "python", "recsys"}
    if command[0] == "gunicorn":
        assert command[-1] == "apps.storefront.wsgi:app"
    if command[0] == "python":
        module = Path(*command[2].split("."))
        assert (REPOSITORY / module / "__main__.py").exists()


@pytest.mark.parametrize("name", sorted(WORKLOADS))
def test_command_and_ports_are_the_charts(name: str) -> None:
    chart, workload = WORKLOADS[name]
    (container,) = [
        container
        for manifest in manifests(chart, "demo")
        if title(manifest) == workload
        for container in containers(manifest)
    ]
    runtime = dict(Containerfile.of(name).runtime)
    words = [word for part in container["command"] for word in part.split("=", 1)]
    assert json.loads(runtime["CMD"]) == words
    ports = {str(port["containerPort"]) for port in container["ports"]}
    assert set(runtime["EXPOSE"].split()) == ports


def _closure(extras: set[str]) -> set[str]:
    """Names of all distributions that `recsys[extras]` installs."""
    found: set[str] = set()
    waiting = {("recsys", frozenset({"", *extras}))}
    seen = set(waiting)
    while waiting:
        owner, wanted = waiting.pop()
        found.add(owner)
        try:
            requirements = distribution(owner).requires or []
        except ModuleNotFoundError:
            continue
        for line in requirements:
            requirement = Requirement(line)
            if requirement.marker and not any(
                requirement.marker.evaluate({"extra": extra}) for extra in wanted
            ):
                continue
            each = (canonicalize_name(requirement.name), frozenset({"", *requirement.extras}))
            if each not in seen:
                seen.add(each)
                waiting.add(each)
    return found
