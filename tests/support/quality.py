"""What the towers reach on a log, compared with the marks of `tests/quality/marks.toml`."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

from support.checkout import REPOSITORY

RECSYS = Path(sys.executable).with_name("recsys")
MAX_PEAK_RSS_MB = 2_000
"""Of the process that trains and ranks, on each of the logs."""
_MARKS = REPOSITORY / "tests" / "quality" / "marks.toml"


def missed_marks(log: str, folder: Path, data: Path | None = None) -> list[str]:
    """The metrics and the memory that miss their marks after one training with the default seed, 0.

    Args:
        log: a table of the file of marks.
        folder: where the command runs and writes its figures.
        data: the folder of the real data sets; a synthetic log lies in `folder`.
    """
    marks = tomllib.loads(_MARKS.read_text(encoding="utf-8"))[log]
    arguments = [part.format(data=data) for part in marks["arguments"]]
    (folder / "towers.json").write_text(json.dumps(marks.get("towers", {})))
    options = ["--models", "two_tower", "--towers", "towers.json", "--json", "figures.json"]
    done = subprocess.run(
        [RECSYS, "evaluate", *arguments, *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads((folder / "figures.json").read_text())["models"]["two_tower"]
    lowest = {key: mean * (1 - marks["noise"]) for key, mean in marks["mean"].items()}
    missed = [
        f"{key} is {figures[key]:.4f}, below {mark:.4f}"
        for key, mark in lowest.items()
        if figures[key] < mark
    ]
    if figures["peak_rss_mb"] > MAX_PEAK_RSS_MB:
        missed.append(f"the peak of memory is {figures['peak_rss_mb']:.0f} MB")
    return missed
