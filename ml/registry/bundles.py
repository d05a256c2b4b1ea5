"""The folders of versions, bundle and model card: kept in the registry, cached in `models_dir`.

Publisher and servers share only PostgreSQL. `models_dir` may be empty, and several processes may
fill it at once.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from ml.registry import repository
from ml.registry.repository import BundlePart, Connection
from streams.errors import ModelError

_PART_BYTES = 4 << 20
_DESCRIPTION = "bundle.json"  # the same as in `ml.towers.bundle`, which imports torch
_UNFINISHED = ".unfinished"
_MIN_AGE_SECONDS = 3600.0


def folder_of(
    version: str, models_dir: Path, connect: Callable[[], AbstractContextManager[Connection]]
) -> Path:
    """The version's folder, fetched from the registry if it is not in the cache.

    Args:
        version: a registered version.
        models_dir: the cache.
        connect: opens a connection; only a fetch calls it.

    Raises:
        ModelError: the registry does not hold its files.
    """

    def fetch(folder: Path) -> None:
        with connect() as connection:
            _write(folder, repository.bundle_parts(connection, version))
        if not (folder / _DESCRIPTION).exists():
            raise ModelError(f"the registry does not hold the files of version {version}")

    return place(version, models_dir, fetch)


def place(version: str, models_dir: Path, fill: Callable[[Path], None]) -> Path:
    """The version's folder; if it is absent, it appears in one step with all that `fill` writes.

    Args:
        version: whose folder it is.
        models_dir: the cache.
        fill: called with the folder to write to if the version is not in the cache.
    """
    final = models_dir / version
    if final.is_dir():
        return final
    models_dir.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(dir=models_dir, prefix=f".{version}.", suffix=_UNFINISHED))
    try:
        fill(unfinished)
        unfinished.rename(final)
    except OSError:
        # Another process may have been faster; its files are the same.
        if not final.is_dir():
            raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return final


def parts_of(folder: Path) -> Iterator[BundlePart]:
    """All files below `folder`, in parts; one part at a time is in memory."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        with path.open("rb") as file:
            number, part = 0, file.read(_PART_BYTES)
            while part or number == 0:
                yield BundlePart(name, number, part)
                number, part = number + 1, file.read(_PART_BYTES)


def prune(models_dir: Path, kept: Collection[str]) -> None:
    """Remove the bundles of all versions but `kept`, and what killed processes left behind.

    Recent ones stay: a publication in progress is not registered yet.
    """
    for folder in models_dir.iterdir() if models_dir.is_dir() else ():
        # A process that was killed early has not written the description yet.
        is_unfinished = folder.suffix == _UNFINISHED
        is_bundle = folder.name not in kept and (folder / _DESCRIPTION).exists()
        with suppress(FileNotFoundError):  # another process may just have finished its folder
            age = time.time() - folder.stat().st_mtime
            if age > _MIN_AGE_SECONDS and (is_unfinished or is_bundle):
                shutil.rmtree(folder, ignore_errors=True)


def _write(folder: Path, parts: Iterator[BundlePart]) -> None:
    root = folder.resolve()
    for path, _number, part in parts:
        target = (root / path).resolve()
        if not target.is_relative_to(root):
            raise ModelError(f"a file of a version must lie in its folder: {path}")
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("ab") as file:
            file.write(part)
