"""The evaluated twin of a version as a folder: bundle, ranker, and what it has not seen."""

from datetime import datetime
from pathlib import Path

from ml.evaluation.validation import EarlierTwin
from ml.ranking.ranker import FOLDER as RANKER
from ml.ranking.ranker import Ranker
from ml.towers.bundle import Bundle

FOLDER = "twin"
"""Where in a version's bundle its twin lies."""


_INSTANT = "held_out_from"


def save(twin: Ranker, folder: Path, held_out_from: datetime | None = None) -> None:
    """Write all of it into `folder`, which is created if it is absent.

    Args:
        twin: what was evaluated.
        folder: where it is written.
        held_out_from: the instant from which on it has seen nothing; None where there is none.
    """
    twin.bundle.save(folder)
    twin.save(folder / RANKER)
    if held_out_from:
        (folder / _INSTANT).write_text(held_out_from.isoformat(), encoding="ascii")


def load(folder: Path) -> Ranker | None:
    """Read what `save` wrote; None where there is no folder.

    Raises:
        ModelError: it is damaged or of another format.
    """
    if not folder.is_dir():
        return None
    return Ranker.load(folder / RANKER, Bundle.load(folder))


def earlier(folder: Path) -> EarlierTwin | None:
    """What a later twin may start from; None where it is not known what the twin has not seen.

    Raises:
        ModelError: it is damaged or of another format.
    """
    path = folder / _INSTANT
    if not path.exists():
        return None
    instant = datetime.fromisoformat(path.read_text(encoding="ascii"))
    return EarlierTwin(Bundle.load(folder), instant)
