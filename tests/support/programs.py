"""Programs of the system that tests need."""

import os
import shutil
import subprocess


def installed(name: str) -> str:
    """The path of a program; root installs the Debian package of its name if it is missing."""
    if not shutil.which(name) and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "--quiet"], check=True)
        subprocess.run(["apt-get", "install", "--yes", "--quiet", name], check=True)
    found = shutil.which(name)
    assert found, f"{name} is missing: install it (Debian: apt-get install {name})"
    return found
