"""The cache of the versions' files in `models_dir`: bundle, ranker, model card and twin.

Publisher and servers share PostgreSQL and the artifact store (`ml.registry.artifacts`). The cache
may be empty, and several processes may fill it at once.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from ml.registry import repository
from ml.registry.artifacts import ArtifactStore
from ml.registry.repository import BundlePart, Connection
from ml.settings import MlSettings
from streams.errors import ModelError

_DESCRIPTION = "bundle.json"  # the same as in `ml.towers.bundle`, which imports torch
_UNFINISHED = ".unfinished"
_MIN_AGE_SECONDS = 3600.0

Connect = Callable[[], AbstractContextManager[Connection]]


def folder_of(version: str, settings: MlSettings, connect: Connect, *attached: str) -> Path:
    """The version's folder in the cache; of what is asked for, it fetches what is not there.

    Args:
        version: a registered version.
        settings: of the cache and the artifact store.
        connect: opens a connection; only a fetch calls it.
        attached: folders that are wanted beside the files of the bundle, such as its card; the
            version may have none of that name.

    Raises:
        ModelError: the registry does not hold its files, or one of them is missing or damaged.
        UnavailableError: the artifact store does not answer.
    """
    folder = place(
        version, settings.models_dir, lambda new: _fetch(version, settings, connect, new)
    )
    for name in attached:
        if not (folder / name).is_dir():
            _attach(version, name, settings, connect)
    return folder


def place(version: str, models_dir: Path, fill: Callable[[Path], None]) -> Path:
    """The version's folder; if it is absent, it appears in one step with all that `fill` writes.

    Args:
        version: whose folder it is, or `VERSION/FOLDER` for a folder in it.
        models_dir: the cache.
        fill: called with the folder to write to if it is not in the cache.
    """
    final = models_dir / version
    if final.is_dir():
        return final
    models_dir.mkdir(parents=True, exist_ok=True)
    prefix = f".{version.replace('/', '.')}."
    unfinished = Path(tempfile.mkdtemp(dir=models_dir, prefix=prefix, suffix=_UNFINISHED))
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


def _fetch(version: str, settings: MlSettings, connect: Connect, folder: Path) -> None:
    """Write the files of the bundle itself, those that lie in no folder of it."""
    with connect() as connection:
        manifest = repository.manifest(connection, version)
        if manifest is None:  # of a release that kept the files in PostgreSQL
            _write(folder, repository.bundle_parts(connection, version))
    if manifest is not None:
        files = {path: file for path, file in manifest.items() if "/" not in path}
        ArtifactStore.of(settings).read(version, files, folder)
    if not (folder / _DESCRIPTION).exists():
        raise ModelError(f"the registry does not hold the files of version {version}")


def _attach(version: str, name: str, settings: MlSettings, connect: Connect) -> None:
    with connect() as connection:
        manifest = repository.manifest(connection, version) or {}
    start = f"{name}/"
    files = {
        path.removeprefix(start): file for path, file in manifest.items() if path.startswith(start)
    }
    if files:
        source, store = f"{version}/{name}", ArtifactStore.of(settings)
        place(source, settings.models_dir, lambda folder: store.read(source, files, folder))


def _write(folder: Path, parts: Iterator[BundlePart]) -> None:
    root = folder.resolve()
    for path, _number, part in parts:
        target = (root / path).resolve()
        if not target.is_relative_to(root):
            raise ModelError(f"a file of a version must lie in its folder: {path}")
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("ab") as file:
            file.write(part)
