"""The evaluated twin of a version as a folder: bundle and ranker."""

from pathlib import Path

from ml.ranking.ranker import FOLDER as RANKER
from ml.ranking.ranker import Ranker
from ml.towers.bundle import Bundle

FOLDER = "twin"
"""Where in a version's bundle its twin lies."""


def save(twin: Ranker, folder: Path) -> None:
    """Write all of it into `folder`, which is created if it is absent."""
    twin.bundle.save(folder)
    twin.save(folder / RANKER)


def load(folder: Path) -> Ranker | None:
    """Read what `save` wrote; None where there is no folder.

    Raises:
        ModelError: it is damaged or of another format.
    """
    if not folder.is_dir():
        return None
    return Ranker.load(folder / RANKER, Bundle.load(folder))
