"""Git repositories that Argo CD installs from: a checkout to edit and a bare one to push to."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from support.checkout import REPOSITORY

AUTHOR = ("-c", "user.name=test", "-c", "user.email=test@example.com")
BRANCH = "main"


@dataclass(frozen=True)
class Repository:
    """A repository `name.git` in a folder that is served, with its checkout beside it."""

    checkout: Path
    bare: Path

    @classmethod
    def create(cls, name: str, served: Path, checkouts: Path) -> "Repository":
        repository = cls(checkouts / name, served / f"{name}.git")
        repository.checkout.mkdir(parents=True)
        _git("init", "--quiet", "--bare", f"--initial-branch={BRANCH}", str(repository.bare))
        repository.git("init", "--quiet", f"--initial-branch={BRANCH}")
        repository.git("remote", "add", "origin", str(repository.bare))
        return repository

    def git(self, *arguments: str) -> str:
        return _git("-C", str(self.checkout), *AUTHOR, *arguments)

    def empty(self) -> None:
        for entry in self.checkout.iterdir():
            if entry.is_dir() and entry.name != ".git":
                shutil.rmtree(entry)
            elif entry.is_file():
                entry.unlink()

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD")

    def push(self, message: str) -> None:
        """Commit whatever has changed and push it."""
        self.git("add", "--all", "--force")
        if self.git("status", "--porcelain"):
            self.git("commit", "--quiet", "--no-verify", f"--message={message}")
        self.git("push", "--quiet", "origin", BRANCH)


def copy_working_tree(destination: Path) -> None:
    """Copy the project's files as they are now, uncommitted changes included."""
    listed = _git(
        *("-C", str(REPOSITORY), "ls-files", "-z"),
        *("--cached", "--others", "--exclude-standard", "--deduplicate"),
    )
    for name in filter(None, listed.split("\0")):
        source = REPOSITORY / name
        if source.is_file():
            target = destination / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)


def edit_hub(checkout: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    """Edit the cluster group in a checkout."""
    file = checkout / "values-hub.yaml"
    values = yaml.safe_load(file.read_text())
    edit(values["clusterGroup"])
    file.write_text(yaml.safe_dump(values))


def copy_revision(revision: str, destination: Path) -> None:
    """Copy the project's files of a revision."""
    archive = subprocess.run(
        ["git", "-C", REPOSITORY, "archive", revision], check=True, capture_output=True
    )
    subprocess.run(["tar", "-x", "-C", destination], check=True, input=archive.stdout)


def first_revision_with(path: str) -> str | None:
    """The oldest commit that has the path; in a shallow clone, the oldest available one."""
    revisions = _git("-C", str(REPOSITORY), "rev-list", "--reverse", "HEAD").split()
    for revision in revisions:
        if _git("-C", str(REPOSITORY), "ls-tree", "--name-only", revision, path):
            return revision
    return None


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()
