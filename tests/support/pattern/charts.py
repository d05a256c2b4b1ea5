"""The charts, rendered as the framework renders them."""

import shutil
import subprocess
import tempfile
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from support.checkout import REPOSITORY
from support.lab.places import BIN
from support.pattern import clustergroup
from support.pattern.pattern import Cluster, Pattern

Manifest = dict[str, Any]

CHARTS = {
    file.parent.name: file.parent for file in sorted(REPOSITORY.glob("charts/*/*/Chart.yaml"))
}
SIZES = ("demo", "production")
VERSION = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["version"]
# Neither is the pattern's own: what names one of those is written into a chart.
NAMESPACE = "elsewhere"
CLUSTER = Cluster("https://git.example.org/somebody/fork.git", "a-branch", domain="c.example.net")
POD_KINDS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob")
RUNNING_KINDS = ("Deployment", "StatefulSet", "DaemonSet")


def run(*command: str | Path, folder: Path = REPOSITORY) -> subprocess.CompletedProcess[str]:
    """A command of the tools that `tests/support/tools/build.sh` has built, or of the system."""
    program, *arguments = map(str, command)
    found = BIN / program if (BIN / program).is_file() else shutil.which(program) or program
    return subprocess.run(
        [found, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def checked(*command: str | Path, folder: Path = REPOSITORY) -> str:
    """The same; what it prints if it succeeds, else a failure with all that it said."""
    done = run(*command, folder=folder)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}"
    return done.stdout


@cache
def fork(size: str) -> Pattern:
    """The pattern as a fork of this size has it: `global.size` is all that differs."""
    folder = Path(tempfile.mkdtemp(prefix="recsys-validate-"))
    for name in ("charts", "overrides", "values-hub.yaml"):
        (folder / name).symlink_to(REPOSITORY / name)
    general = yaml.safe_load((REPOSITORY / "values-global.yaml").read_text())
    general["global"]["size"] = size
    (folder / "values-global.yaml").write_text(yaml.safe_dump(general))
    (folder / "nested.yaml").write_text("extraParametersNested:\n")
    return Pattern(folder, CLUSTER)


@cache
def framework_options(chart: str, size: str) -> tuple[str, ...]:
    """Values files and parameters as the framework's Application passes them."""
    pattern = fork(size)
    (application,) = (
        made for made in clustergroup.applications(pattern) if made["metadata"]["name"] == chart
    )
    helm = application["spec"]["source"]["helm"]
    options: list[str] = []
    for file in [*helm["valueFiles"], "nested.yaml"]:
        path = pattern.directory / file.removeprefix("$patternref").removeprefix("/")
        if path.is_file():
            options += ["--values", str(path)]
    for parameter in helm["parameters"]:
        options += ["--set", f"{parameter['name']}={parameter['value']}"]
    return tuple(options)


def template(chart: str, size: str, *options: str) -> subprocess.CompletedProcess[str]:
    """What `helm template` makes of a chart."""
    where = ["--namespace", NAMESPACE, "--kube-version", "1.33.0"]
    given = framework_options(chart, size)
    return run("helm", "template", chart, CHARTS[chart], *where, *given, *options)


@cache
def rendered(chart: str, size: str) -> str:
    """A chart's manifests, as text."""
    done = template(chart, size)
    assert done.returncode == 0, done.stderr
    return done.stdout


@cache
def manifests(chart: str, size: str) -> tuple[Manifest, ...]:
    """A chart's manifests."""
    return tuple(document for document in yaml.safe_load_all(rendered(chart, size)) if document)


def pod(manifest: Manifest) -> Manifest:
    """The pod specification of a workload."""
    spec: Manifest = manifest["spec"]
    if manifest["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    pod_spec: Manifest = spec["template"]["spec"]
    return pod_spec


def containers(manifest: Manifest) -> list[Manifest]:
    """All containers of a workload, those of its start included."""
    spec = pod(manifest)
    return [*spec.get("initContainers", []), *spec["containers"]]


def title(manifest: Manifest) -> str:
    """A manifest by kind and name."""
    return f"{manifest['kind']}/{manifest['metadata']['name']}"
