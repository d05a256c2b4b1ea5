"""`operators.lock`: the operators' channels, and the versions of their definitions."""

import hashlib
import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.checkout import REPOSITORY
from support.lab.places import DEFINITIONS, MODULES

LOCK = Path(os.environ.get("RECSYS_LOCK") or REPOSITORY / "operators.lock")
GIVEN = Path(os.environ.get("RECSYS_CRDS") or REPOSITORY.parent / "shared" / "crds")
FOLDER = GIVEN if GIVEN.is_dir() else DEFINITIONS


@dataclass(frozen=True, slots=True)
class File:
    """A file of definitions in one version. Without a checksum it is of a Go module."""

    operator: str
    version: str
    head: bool
    path: Path
    module: str = ""
    sha256: str = ""
    url: str = ""
    group: tuple[str, str] | None = None

    @property
    def title(self) -> str:
        return f"{self.operator}, {self.version}: {self.path.name}"

    @property
    def is_newer(self) -> bool:
        """Whether the channel will deliver it some day: it is newer than the head."""
        return self.version.startswith("newer")

    def text(self) -> str:
        """The definitions, in the API group that the operator serves."""
        text = self.path.read_text()
        return text.replace(*self.group) if self.group else text

    def is_intact(self) -> bool:
        return hashlib.sha256(self.path.read_bytes()).hexdigest() == self.sha256


def operators() -> dict[str, dict[str, Any]]:
    """Package, channel and CSV of each subscription, by its key in the values."""
    found: dict[str, dict[str, Any]] = tomllib.loads(LOCK.read_text())["operators"]
    return found


def files() -> Iterator[File]:
    """Every file of every version, at hand or not."""
    for version in tomllib.loads(LOCK.read_text())["definitions"]:
        module = version.get("module", "")
        folder = (MODULES if module else FOLDER) / version.get("folder", "")
        for file in version["files"]:
            url = version.get("url")
            yield File(
                operator=version["of"],
                version=version["version"],
                head=version.get("head", False),
                path=folder / file["name"],
                module=module,
                sha256=file.get("sha256", ""),
                url=f"{url}/{file.get('path', file['name'])}" if url else "",
                group=tuple(version["group"].values()) if "group" in version else None,
            )
