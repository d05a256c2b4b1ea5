"""The commands that the documentation shows, and how a reader runs them."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from support.checkout import REPOSITORY

ACTIVATE = "source .venv/bin/activate"
_BIN = Path(sys.executable).parent
_PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
_BLOCK = re.compile(r"^```(?:console|sh)\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMANDS = {
    page.name: [
        line
        for block in _BLOCK.findall(page.read_text())
        for line in block.splitlines()
        if line.strip()
    ]
    for page in _PAGES
}
"""By page, in the order of the page: a command may use what the one before it made."""
EVERY_COMMAND = sorted({line for lines in COMMANDS.values() for line in lines})
_OF_LOGS = ("recsys synthetic ", "recsys evaluate ", "recsys tune ")


def of_logs(page: str) -> list[str]:
    """The page's commands that work on files alone."""
    return [line for line in COMMANDS[page] if line.startswith(_OF_LOGS)]


def of_stack(page: str) -> list[str]:
    """The page's other commands of `recsys`, which need running components."""
    return [
        line
        for line in COMMANDS[page]
        if shlex.split(line)[0] == "recsys" and not line.startswith(_OF_LOGS)
    ]


def run(
    command: list[str | Path], environment: Mapping[str, str], folder: Path = REPOSITORY
) -> str:
    """What a command prints; it must succeed."""
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def run_as_shown(lines: list[str], environment: Mapping[str, str], folder: Path) -> None:
    """Run lines in a folder, in a shell that knows `recsys` only after it was activated."""
    path = os.pathsep.join(
        each
        for each in environment["PATH"].split(os.pathsep)
        if Path(each).resolve() != _BIN.resolve()
    )
    assert shutil.which("recsys", path=path) is None
    for line in lines:
        script = f"{ACTIVATE} && cd {shlex.quote(str(folder))} && {line}"
        assert run(["bash", "-c", script], {**environment, "PATH": path})
