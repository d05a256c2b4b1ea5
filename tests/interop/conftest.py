"""Tests of an installed pattern on a real cluster (`./pattern.sh make interop`), and their result.

Beside JUnit's report there is one JSON file per platform and release, in the form that Validated
Patterns collect.
"""

import json
import os
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from apps.cluster.checks import openshift
from apps.cluster.oc import Oc
from apps.cluster.pattern import Pattern
from apps.cluster.status import Section, sections
from streams.errors import RecsysError


def pytest_addoption(parser: pytest.Parser) -> None:
    help_text = "folder for the JSON file with the result"
    parser.addoption("--results", type=Path, default=Path(".state/interop"), help=help_text)


@pytest.fixture(scope="session")
def oc() -> Oc:
    return Oc(os.environ)


@pytest.fixture(scope="session")
def pattern() -> Pattern:
    return Pattern.read(Path.cwd())


@pytest.fixture(scope="session")
def section(oc: Oc, pattern: Pattern) -> Callable[[str], Section]:
    """A part of `make status`, by its title."""
    found = {each.title: each for each in sections(oc, pattern)}
    return found.__getitem__


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Write the result; none is written if the cluster does not say what it is."""
    oc = Oc(os.environ)
    try:
        pattern, release = Pattern.read(Path.cwd()), openshift.release(oc)
        platform = openshift.platform(oc) or "None"
    except RecsysError as error:
        print(f"no result was written: {error}")  # noqa: T201
        return
    failed = session.testsfailed or exitstatus
    result = {
        "schemaVersion": 1,
        "label": "Community test",
        "message": _git("branch", "--show-current"),
        "color": "red" if failed else "green",
        "openshiftVersion": release,
        "infraProvider": platform,
        "patternName": pattern.name,
        "patternRepo": _git("config", "--get", "remote.origin.url"),
        "patternBranch": _git("branch", "--show-current"),
        "patternRevision": _git("rev-parse", "HEAD"),
        "date": datetime.now(UTC).date().isoformat(),
        "testSource": "Community",
        "debugInfo": None,
    }
    folder: Path = session.config.getoption("--results")
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{pattern.name}-{platform.lower()}-{release}-stable-badge.json"
    file.write_text(json.dumps(result, indent=2) + "\n")


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip()
