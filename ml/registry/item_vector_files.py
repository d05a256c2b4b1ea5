"""A version's item vectors as files, which all processes of a machine map into their memory.

They are read from the registry once per machine and version, and lie in the version's folder.
"""

import json
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from sys import intern
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from ml.registry import bundles, item_vectors
from ml.registry.repository import Connection
from streams.errors import ModelError

FOLDER = "item_vectors"
"""In the version's folder."""
_VECTORS = "vectors.f32"
_DESCRIPTION = "items.json"


class StoredVectors(NamedTuple):
    """The item vectors of a version as they were at one instant."""

    item_ids: list[str]
    vectors: npt.NDArray[np.float32]
    """float32 (items, dim), memory-mapped."""
    snapshot: int
    """All vectors of transactions before this one are there."""

    @classmethod
    def of(
        cls,
        version_folder: Path,
        version: str,
        connect: Callable[[], AbstractContextManager[Connection]],
    ) -> Self:
        """The vectors in a version's folder, written from the registry if they are not there.

        Args:
            version_folder: the folder of its bundle.
            version: whose vectors they are.
            connect: opens a connection; only the first call for a folder calls it.

        Raises:
            ModelError: the version has no item vectors.
        """

        def fetch(folder: Path) -> None:
            with connect() as connection:
                snapshot = item_vectors.snapshot(connection)
                write(folder, item_vectors.every_item_vector(connection, version), snapshot)
            if not (folder / _VECTORS).stat().st_size:
                raise ModelError(f"version {version} has no item vectors")

        folder = bundles.place(FOLDER, version_folder, fetch)
        described = json.loads((folder / _DESCRIPTION).read_text(encoding="utf-8"))
        item_ids = list(map(intern, described["item_ids"]))  # as `ml.registry.catalogue` has them
        vectors = np.memmap(folder / _VECTORS, dtype=np.float32, mode="r")
        # A plain view: an array of class memmap costs at each use.
        return cls(item_ids, np.asarray(vectors).reshape(len(item_ids), -1), described["snapshot"])


def write(folder: Path, vectors: Iterable[tuple[str, np.ndarray]], snapshot: int) -> None:
    """Write item ids with their vectors, float32 (dim,), one at a time."""
    item_ids = []
    with (folder / _VECTORS).open("wb") as file:
        for item_id, vector in vectors:
            item_ids.append(item_id)
            file.write(vector.tobytes())
    described = json.dumps({"snapshot": snapshot, "item_ids": item_ids})
    (folder / _DESCRIPTION).write_text(described, encoding="utf-8")
