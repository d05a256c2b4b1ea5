"""`recsys evaluate --retrain`: a log in periods, with a retraining after each of them."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

from apps.cli.progress import ProgressBar, err, out
from streams.errors import ConfigurationError

if TYPE_CHECKING:
    from ml.dataset import Dataset
    from ml.evaluation.estimates import Interval
    from ml.evaluation.retraining import Retraining
    from ml.towers.config import TowersConfig

_PICTURES = (".svg", ".png")


def check_picture(path: Path | None) -> None:
    """Check where a picture goes.

    Raises:
        ConfigurationError: it cannot be written there.
    """
    if path and path.suffix not in _PICTURES:
        raise ConfigurationError(f"--picture: {path} is neither .svg nor .png")
    if path and not path.resolve().parent.is_dir():
        raise ConfigurationError(f"--picture: there is no folder {path.parent}")


def evaluate_retraining(
    dataset: "Dataset",
    config: "TowersConfig",
    *,
    period: timedelta,
    periods: int,
    warm_start: bool,
    k: int,
    seed: int,
    picture: Path | None,
) -> "Retraining":
    """Measure, print the tables, and draw the picture if a path for it is given."""
    from ml.evaluation.retraining import measure_retraining

    with ProgressBar() as bar:

        def show(what: str, done: int, trainings: int, share: float) -> None:
            of_all = f"{what} ({done + 1} of {trainings})"
            bar.show(done + 1, of_all, (done + share) / trainings, None)

        found = measure_retraining(
            dataset,
            config,
            period=period,
            retrainings=periods,
            warm_start=warm_start,
            k=k,
            seed=seed,
            progress=show,
        )
    for table in _tables(found):
        out.print(table)
    err.print(found.encoder_reason, soft_wrap=True)
    if picture:
        from ml.card.retraining_chart import draw_retraining

        draw_retraining(found, picture)
    return found


def _tables(found: "Retraining") -> Iterator[Table]:
    from ml.evaluation.metrics import NDCG, RECALL
    from ml.evaluation.retraining import RETRAINED, WARM_START

    by_period = _table(f"recall@{found.k} by period; in seconds, the trainings")
    timed = [name for name in (RETRAINED, WARM_START) if name in found.overall]
    for heading in ("from", "users", "items\nsince\nfirst"):
        by_period.add_column(heading, justify="right", vertical="bottom", no_wrap=True)
    headings = [name.replace("_", "\n").replace("popularity", "popular") for name in found.overall]
    for heading in (*headings, "cold\ns", "warm\ns")[: len(headings) + len(timed)]:
        by_period.add_column(heading, justify="right", vertical="bottom", no_wrap=True)
    for part in found.periods:
        by_period.add_row(
            f"{part.start:%Y-%m-%d}",
            f"{part.users:,}",
            f"{part.items_since_first / part.held_out_items:.0%}",
            *(f"{part.models[name][RECALL].mean:.4f}" for name in found.overall),
            *(f"{part.seconds[name]:.0f}" if name in part.seconds else "" for name in timed),
        )
    yield by_period

    users = next(iter(found.overall.values())).users
    means = _table(f"all periods but the first, {users:,} users")
    means.add_column("model", no_wrap=True)
    for heading in (
        f"recall\n@{found.k}",
        "95 %\ninterval",
        f"NDCG\n@{found.k}",
        "recall:\nretrained\nminus this",
        "recall,\nolder\nitems",
    ):
        means.add_column(heading, justify="right", vertical="bottom", no_wrap=True)
    for name, scores in found.overall.items():
        differences = found.differences.get(name)
        means.add_row(
            name.replace("_", " "),
            f"{scores[RECALL].mean:.4f}",
            _range(scores[RECALL]),
            f"{scores[NDCG].mean:.4f}",
            _range(differences[RECALL.name], sign="+") if differences else "",
            f"{found.of_older_items[name][RECALL].mean:.4f}",
        )
    yield means


def _table(title: str) -> Table:
    return Table(title=title, box=box.SIMPLE_HEAD, padding=0)


def _range(found: "Interval", sign: str = "") -> str:
    return f"{found.low:{sign}.3f} to {found.high:{sign}.3f}"
