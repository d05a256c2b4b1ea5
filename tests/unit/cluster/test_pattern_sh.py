"""The front door, with a program named `podman` that notes how it is called."""

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from support.checkout import REPOSITORY

PODMAN = """#!/usr/bin/env bash
case "$1" in
  --version) echo "podman version $PODMAN_IS" ;;
  system) printf "$PODMAN_MACHINES" ;;
  run) printf '%s\\n' "$@" >"$CALLED" ;;
esac
"""
TOOLS = ("bash", "cat", "dirname", "head", "id", "make", "printf", "realpath", "sort", "wc")


@dataclass
class Door:
    """A home, a PATH and an environment to open the door in."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def open(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [REPOSITORY / "pattern.sh", *command],
            env={**self.environment, **variables},
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )

    def refusal(self, **variables: str) -> str:
        done = self.open("make", "install", **variables)
        assert done.returncode == 1
        assert self.called == []
        return done.stderr.strip()

    @property
    def called(self) -> list[str]:
        file = self.folder / "called"
        return file.read_text().splitlines() if file.exists() else []

    def options(self, name: str) -> list[str]:
        words = self.called
        return [words[at + 1] for at, word in enumerate(words) if word == name]


@pytest.fixture
def door(tmp_path: Path) -> Door:
    made = Door(tmp_path)
    programs = tmp_path / "bin"
    for folder in (programs, made.home):
        folder.mkdir()
    for tool in TOOLS:
        (programs / tool).symlink_to(shutil.which(tool) or tool)
    podman = programs / "podman"
    podman.write_text(PODMAN)
    podman.chmod(0o755)
    made.environment = {
        "PATH": str(programs),
        "HOME": str(made.home),
        "PODMAN_IS": "5.4.0",
        "CALLED": str(tmp_path / "called"),
    }
    return made


def test_runs_in_the_utility_container(door: Door) -> None:
    done = door.open("make", "install")
    assert done.returncode == 0, done.stderr
    *options, image, make, target = door.called
    assert options[0] == "run"
    assert image == "quay.io/validatedpatterns/utility-container"
    assert (make, target) == ("make", "install")
    folder, home = str(REPOSITORY), str(door.home)
    assert {f"{folder}:{folder}", f"{home}:{home}", f"{home}:/pattern-home"} <= set(
        door.options("--volume")
    )
    assert door.options("--workdir") == [folder]
    assert door.options("--user") == [f"{os.getuid()}:{os.getgid()}"]
    assert door.options("--env") == ["PATTERN_CONTEXT"]
    assert not {"--tty", "--interactive"} & set(options)


def test_passes_the_frameworks_variables(door: Door) -> None:
    secrets, login = door.home / "secrets.yaml", door.home / "kubeconfig"
    secrets.touch()
    login.touch()
    variables = {
        "PATTERN_NAME": "recsys",
        "TARGET_BRANCH": "main",
        "TARGET_ORIGIN": "origin",
        "K8S_AUTH_HOST": "https://api:6443",
        "K8S_AUTH_TOKEN": "t",
        "KUBECONFIG": str(login),
        "VALUES_SECRET": str(secrets),
        "EXTRA_HELM_OPTS": "--debug",
        "EXTRA_PLAYBOOK_OPTS": "-vv",
        "DISABLE_VALIDATE_ORIGIN": "true",
        "TOKEN_SECRET": "private-repo",
        "TOKEN_NAMESPACE": "private-repo",
    }
    assert door.open("make", "install", **variables, UNRELATED="x").returncode == 0
    assert set(door.options("--env")) == {"PATTERN_CONTEXT", *variables}


def test_further_arguments_and_another_container(door: Door) -> None:
    door.open(
        *("make", "status"),
        EXTRA_ARGS="--env PIP_INDEX_URL --network host",
        PATTERN_UTILITY_CONTAINER="registry.test/utility-container",
    )
    assert door.called[-3:] == ["registry.test/utility-container", "make", "status"]
    assert "PIP_INDEX_URL" in door.options("--env")
    assert door.options("--network") == ["host"]


def test_disconnected(door: Door) -> None:
    door.open("make", "install", PATTERN_DISCONNECTED_HOME="mirror.test/vp")
    assert door.called[-3] == "mirror.test/vp/utility-container"
    assert "PATTERN_INSTALL_CHART" in door.options("--env")


def test_certificates_of_this_machine_but_not_of_a_podman_machine(door: Door) -> None:
    def certificates() -> list[str]:
        return [volume for volume in door.options("--volume") if volume.endswith(":ro")]

    door.open("make", "status")
    assert len(certificates()) == 1
    door.open("make", "status", PODMAN_MACHINES="podman-machine\\n")
    assert certificates() == []


def test_a_login_outside_of_the_home_directory(door: Door) -> None:
    outside, inside = door.folder / "kubeconfig", door.home / "kubeconfig"
    outside.touch()
    inside.touch()
    said = door.refusal(KUBECONFIG=str(outside))
    assert said.startswith(f"pattern.sh: KUBECONFIG names {outside}, outside of {door.home}")
    assert door.refusal(KUBECONFIG=f"{inside}:{outside}") == said
    sneaky = door.home / "link"
    sneaky.symlink_to(outside)
    assert "outside of" in door.refusal(KUBECONFIG=str(sneaky))


def test_files_that_are_not_there(door: Door) -> None:
    missing = str(door.home / "missing")
    assert door.refusal(KUBECONFIG=missing) == (
        f"pattern.sh: KUBECONFIG names {missing}, which does not exist"
    )
    assert "VALUES_SECRET names" in door.refusal(VALUES_SECRET=missing)


def test_no_podman(door: Door) -> None:
    (door.folder / "bin" / "podman").unlink()
    if Path("/.dockerenv").exists() or Path("/run/.containerenv").exists():
        done = door.open("printf", "ran here")
        assert (done.returncode, done.stdout) == (0, "ran here")
    else:
        assert "podman is missing: install it" in door.refusal()


@pytest.mark.parametrize("target", ["status", "install", "validate"])
def test_a_container_that_has_neither_oc_nor_podman(door: Door, target: str) -> None:
    (door.folder / "bin" / "podman").unlink()
    done = door.open(
        "make", target, f"CLUSTER={door.folder}/tools", KUBERNETES_SERVICE_HOST="10.0.0.1"
    )
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "this container has neither oc nor podman" in said
    assert "install oc (https://" in said
    assert "through ./pattern.sh" not in said, "it was run through ./pattern.sh"


def test_make_without_the_front_door(door: Door) -> None:
    done = subprocess.run(
        ["make", "--file", "cluster.mk", "install", f"CLUSTER={door.folder}/tools"],
        env=door.environment,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "oc is missing: run this through ./pattern.sh" in done.stdout
    assert "./pattern.sh make install" in done.stdout


def test_an_old_podman(door: Door) -> None:
    assert "podman 4.2.9 is too old: 4.3.0 or newer" in door.refusal(PODMAN_IS="4.2.9")
    assert door.open("make", "install", PODMAN_IS="4.10.1").returncode == 0


def test_nothing_to_run(door: Door) -> None:
    done = door.open()
    assert done.returncode == 1
    assert "./pattern.sh make install" in done.stderr


def test_inside_of_the_container_it_runs_the_command(door: Door) -> None:
    (door.folder / "bin" / "podman").unlink()
    done = door.open("bash", "-c", "echo $PATTERN_CONTEXT", KUBERNETES_SERVICE_HOST="10.0.0.1")
    assert (done.returncode, done.stdout) == (0, "cluster\n")
