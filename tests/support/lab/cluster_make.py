"""The targets of a cluster, `./pattern.sh make ...`, on the lab's API server."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from support.checkout import REPOSITORY


@dataclass(frozen=True)
class Make:
    """Runs targets without the pre-flight, in the environment of the tests."""

    environment: Mapping[str, str]
    tools: Path

    def __post_init__(self) -> None:
        program = self.tools / "bin" / "python"
        program.parent.mkdir(parents=True)
        program.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        program.chmod(0o755)
        (self.tools / ".ready").touch()

    def __call__(self, target: str, *variables: str, checkout: Path = REPOSITORY) -> str:
        """What the target of the checkout has printed."""
        # A make above this one would have it print the folders that it enters.
        options = ("--no-print-directory", "--file", "cluster.mk")
        settings = (f"CLUSTER={self.tools}", "PREFLIGHT=true", *variables)
        done = subprocess.run(
            ["make", *options, target, *settings],
            env={**os.environ, **self.environment},
            cwd=checkout,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()
