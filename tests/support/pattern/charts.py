"""The charts, rendered as Argo CD renders them: with their Application's values and parameters.

A pattern is a checkout on a cluster (`support.pattern.pattern`); `fork` is this one in one size.
"""

import json
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

import yaml

from support.checkout import REPOSITORY
from support.lab.places import BIN
from support.pattern import clustergroup
from support.pattern.clustergroup import Manifest
from support.pattern.pattern import Cluster, Pattern

CHARTS = {
    file.parent.name: file.parent for file in sorted(REPOSITORY.glob("charts/*/*/Chart.yaml"))
}
SIZES = ("demo", "production")
VERSION = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["version"]
# Neither is the pattern's own: a chart that renders either of the pattern's has it hard-coded.
NAMESPACE = "elsewhere"
CLUSTER = Cluster("https://git.example.org/somebody/fork.git", "a-branch", domain="c.example.net")
POD_KINDS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob")
RUNNING_KINDS = ("Deployment", "StatefulSet", "DaemonSet")
NO_OVERRIDES: Mapping[str, str] = MappingProxyType({})


def run(*command: str | Path, folder: Path = REPOSITORY) -> subprocess.CompletedProcess[str]:
    """A command of the tools that `tests/support/tools/build.sh` has built, or of the system."""
    program, *arguments = map(str, command)
    found = BIN / program if (BIN / program).is_file() else shutil.which(program) or program
    return subprocess.run(
        [found, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def checked(*command: str | Path, folder: Path = REPOSITORY) -> str:
    """The standard output of such a command; the test fails with all its output if it fails."""
    done = run(*command, folder=folder)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}"
    return done.stdout


def applications(pattern: Pattern) -> dict[str, Manifest]:
    """The pattern's applications by name."""
    return {each["metadata"]["name"]: each for each in clustergroup.applications(pattern)}


def helm_options(pattern: Pattern, application: Manifest) -> Iterator[str]:
    """Values files, values and parameters, as Argo CD passes them to Helm."""
    helm = application["spec"]["source"]["helm"]
    for name in helm["valueFiles"]:
        file = pattern.directory / name.removeprefix("$patternref").removeprefix("/")
        if file.is_file():
            yield f"--values={file}"
    for key, value in yaml.safe_load(helm["values"]).items():
        yield f"--set-json={key}={json.dumps(value)}"
    for parameter in helm["parameters"]:
        yield f"--set={parameter['name']}={parameter['value']}"


def render(
    pattern: Pattern, application: Manifest, overrides: Mapping[str, str] = NO_OVERRIDES
) -> str:
    """The manifests of one application in its own namespace; overrides as by `--set-string`."""
    spec = application["spec"]
    return checked(
        *("helm", "template", application["metadata"]["name"]),
        pattern.directory / spec["source"]["path"],
        f"--namespace={spec['destination']['namespace']}",
        *helm_options(pattern, application),
        *(f"--set-string={name}={value}" for name, value in overrides.items()),
    )


def all_manifests(pattern: Pattern) -> Iterator[Manifest]:
    """The manifests of all applications, in the pattern's own size."""
    for application in applications(pattern).values():
        yield from filter(None, yaml.safe_load_all(render(pattern, application)))


def kinds(pattern: Pattern) -> set[str]:
    """The kinds that the charts need, as `group/version Kind`."""
    return {f"{each['apiVersion']} {each['kind']}" for each in all_manifests(pattern)}


@cache
def fork(size: str) -> Pattern:
    """This checkout as a fork that sets `global.size`, and nothing else."""
    folder = Path(tempfile.mkdtemp(prefix="recsys-fork-"))
    for name in ("charts", "overrides", "values-hub.yaml"):
        (folder / name).symlink_to(REPOSITORY / name)
    general = yaml.safe_load((REPOSITORY / "values-global.yaml").read_text())
    general["global"]["size"] = size
    (folder / "values-global.yaml").write_text(yaml.safe_dump(general))
    return Pattern(folder, CLUSTER)


@cache
def framework_options(chart: str, size: str) -> tuple[str, ...]:
    """Helm's options for a chart of the fork."""
    pattern = fork(size)
    return tuple(helm_options(pattern, applications(pattern)[chart]))


def template(chart: str, size: str, *options: str) -> subprocess.CompletedProcess[str]:
    """The result of `helm template` for a chart of the fork, in a namespace of another name."""
    where = ("--namespace", NAMESPACE, "--kube-version", "1.33.0")
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
    return tuple(filter(None, yaml.safe_load_all(rendered(chart, size))))


def pod_template(manifest: Manifest) -> Manifest:
    """The labels and the specification of a workload's pods."""
    spec: Manifest = manifest["spec"]
    if manifest["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    found: Manifest = spec["template"]
    return found


def pod(manifest: Manifest) -> Manifest:
    """The pod specification of a workload."""
    spec: Manifest = pod_template(manifest)["spec"]
    return spec


def containers(manifest: Manifest) -> list[Manifest]:
    """All containers of a workload, its init containers included."""
    spec = pod(manifest)
    return [*spec.get("initContainers", []), *spec["containers"]]


def title(manifest: Manifest) -> str:
    """A manifest by kind and name."""
    return f"{manifest['kind']}/{manifest['metadata']['name']}"
