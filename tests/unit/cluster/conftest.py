"""A stand-in for a cluster: a program named `oc` that answers from files and records its calls."""

import json
import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

OC = """#!/usr/bin/env bash
echo "$*" >>"$ANSWERS/calls"
while [[ $1 == --* ]]; do shift; done
case "$1 $2" in
  "auth can-i")
    [[ -f $ANSWERS/can-i ]] || { echo "error: You must be logged in to the server" >&2; exit 1; }
    cat "$ANSWERS/can-i"
    [[ $(<"$ANSWERS/can-i") == yes ]]
    ;;
  "get "*)
    [[ -f $ANSWERS/$2.json ]] || {
      echo "error: the server doesn't have a resource type \\"${2%%.*}\\"" >&2
      exit 1
    }
    cat "$ANSWERS/$2.json"
    ;;
esac
"""


@dataclass(frozen=True)
class FakeCluster:
    """What `oc` answers."""

    folder: Path
    environment: dict[str, str]

    def has(self, kind: str, items: Iterable[dict[str, Any]]) -> None:
        listed = {"apiVersion": "v1", "kind": "List", "items": list(items)}
        (self.folder / f"{kind}.json").write_text(json.dumps(listed))

    def has_one(self, kind: str, item: dict[str, Any]) -> None:
        (self.folder / f"{kind}.json").write_text(json.dumps(item))

    def allows(self, answer: str) -> None:
        (self.folder / "can-i").write_text(f"{answer}\n")

    @property
    def calls(self) -> list[str]:
        file = self.folder / "calls"
        return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def cluster(tmp_path: Path) -> FakeCluster:
    programs, answers, home = (tmp_path / name for name in ("bin", "answers", "home"))
    for folder in (programs, answers, home):
        folder.mkdir()
    oc = programs / "oc"
    oc.write_text(OC)
    oc.chmod(0o755)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    return FakeCluster(answers, {"PATH": path, "HOME": str(home), "ANSWERS": str(answers)})


@dataclass(frozen=True)
class Fork:
    """A clone of a fork."""

    path: Path

    def git(self, *arguments: str) -> str:
        who = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.com")
        command = ["git", "-C", str(self.path), *who, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, content: str) -> None:
        (self.path / "file").write_text(content)
        self.git("add", "file")
        self.git("commit", "--quiet", "--message", content)


@pytest.fixture
def fork(tmp_path: Path) -> Fork:
    """All of it is pushed."""
    made = Fork(tmp_path / "clone")
    origin = str(tmp_path / "origin.git")
    subprocess.run(["git", "init", "--quiet", "--bare", "-b", "main", origin], check=True)
    subprocess.run(["git", "clone", "--quiet", origin, made.path], check=True, capture_output=True)
    made.git("checkout", "--quiet", "-B", "main")
    made.commit("first")
    made.git("push", "--quiet", "--set-upstream", "origin", "main")
    return made
