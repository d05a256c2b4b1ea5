"""The files of the versions, in a folder or in an S3 object storage, through fsspec.

A version's files lie below its name. Which files it has, with size and SHA-256 of each, is kept in
the registry: a version counts once that is written, and whatever else lies here is a leftover.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Self

from ml.settings import MlSettings
from streams.errors import ModelError, UnavailableError

_BLOCK_BYTES = 4 << 20
_CONNECT_SECONDS = 2.0
_REQUEST_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What a stored file must be."""

    bytes: int
    sha256: str


Manifest = Mapping[str, StoredFile]
"""The files of a version, by path in its folder."""


@dataclass(frozen=True, slots=True)
class ArtifactStore:
    """Where the files of all versions lie.

    Its methods raise UnavailableError where it does not answer.
    """

    url: str
    _files: Any
    """An fsspec file system."""
    _root: str

    @classmethod
    def of(cls, settings: MlSettings) -> Self:
        """The one that the settings name; nothing is connected yet.

        Raises:
            UnavailableError: a file with a key is missing.
        """
        if settings.artifacts.startswith("s3://"):
            return cls(settings.artifacts, _s3(settings), settings.artifacts.removeprefix("s3://"))
        import fsspec

        is_folder = settings.artifacts.startswith("file:")
        options = {"auto_mkdir": True} if is_folder else {}
        files, root = fsspec.url_to_fs(settings.artifacts, **options)
        return cls(settings.artifacts, files, root)

    def write(self, version: str, folder: Path) -> Manifest:
        """Write all files below `folder`; returns what was written, for `read`."""
        manifest = {}
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            name = path.relative_to(folder).as_posix()
            target = self._path(version, name)
            with (
                self._available(),
                path.open("rb") as source,
                self._files.open(target, "wb") as stored,
            ):
                manifest[name] = _copy(source, stored)
        return manifest

    def read(self, source: str, manifest: Manifest, folder: Path) -> None:
        """Write files of a version to a folder, and verify each.

        Args:
            source: the version, or `VERSION/FOLDER` for a folder in it.
            manifest: the files below it that are wanted.
            folder: where they go, with their paths.

        Raises:
            ModelError: a file is missing or is not the one that was written.
        """
        for name, expected in manifest.items():
            target = folder / name
            if not target.resolve().is_relative_to(folder.resolve()):
                raise ModelError(f"a file of a version must lie in its folder: {name}")
            target.parent.mkdir(parents=True, exist_ok=True)
            where = f"{self.url}/{source}/{name}"
            try:
                with (
                    self._available(),
                    self._files.open(self._path(source, name), "rb") as stored,
                    target.open("wb") as file,
                ):
                    found = _copy(stored, file)
            except FileNotFoundError:
                raise ModelError(f"{where} is missing") from None
            if found != expected:
                raise ModelError(f"{where} is damaged: {found}, and it was written as {expected}")

    def versions(self) -> list[str]:
        """All of which something lies here."""
        try:
            with self._available():
                paths = self._files.ls(self._root, detail=False)
        except FileNotFoundError:
            return []
        return sorted(PurePosixPath(path).name for path in paths)

    def remove(self, version: str) -> None:
        """Remove all files of a version."""
        top = PurePosixPath(self._path(version))
        with self._available():
            files = map(PurePosixPath, self._files.find(str(top)))
            # The deepest first: some object storages keep folders, and remove only empty ones.
            folders = {top, *(file.parent for file in files)}
            for folder in sorted(folders, key=lambda folder: len(folder.parts), reverse=True):
                self._files.rm(str(folder), recursive=True)

    def _path(self, *names: str) -> str:
        return "/".join((self._root.rstrip("/"), *names))

    @contextmanager
    def _available(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise
        except OSError as error:
            raise UnavailableError(f"{self.url} does not answer: {error}") from error


def _copy(source: BinaryIO, target: BinaryIO) -> StoredFile:
    """Copy in blocks; returns what was copied."""
    digest, size = hashlib.sha256(), 0
    while block := source.read(_BLOCK_BYTES):
        digest.update(block)
        size += len(block)
        target.write(block)
    return StoredFile(size, digest.hexdigest())


def _s3(settings: MlSettings) -> Any:
    # The SDK's own checksums need a storage that is newer than some that are in use, such as the
    # MinIO of OpenShift AI; the manifest has better ones.
    for name in ("AWS_REQUEST_CHECKSUM_CALCULATION", "AWS_RESPONSE_CHECKSUM_VALIDATION"):
        os.environ.setdefault(name, "when_required")
    # Not s3fs: pyarrow, which Feast needs, has a client of S3.
    from fsspec.implementations.arrow import ArrowFSWrapper
    from pyarrow.fs import S3FileSystem

    endpoint = settings.artifacts_endpoint
    return ArrowFSWrapper(
        S3FileSystem(
            access_key=_key(settings.artifacts_access_key_file),
            secret_key=_key(settings.artifacts_secret_key_file),
            region=settings.artifacts_region,
            scheme=endpoint.scheme if endpoint else "https",
            endpoint_override=f"{endpoint.host}:{endpoint.port}" if endpoint else None,
            connect_timeout=_CONNECT_SECONDS,
            request_timeout=_REQUEST_SECONDS,
        )
    )


def _key(file: Path | None) -> str | None:
    try:
        return file.read_text(encoding="utf-8").strip() if file else None
    except OSError as error:
        raise UnavailableError(f"the key of the artifact store is missing: {error}") from error
