"""`recsys tune`: search the hyper-parameters of the towers for a log."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from apps.cli.inputs import (
    Items,
    Seed,
    Towers,
    Train,
    Users,
    read_dataset,
    read_towers,
    show_rejected,
)
from apps.cli.progress import ProgressBar, err, out
from ml.data.event_log import LogFormat
from streams.errors import ConfigurationError

if TYPE_CHECKING:
    from ml.tuning.search import Tuning, TuningProgress

_TRIALS_SHOWN = 10


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command()(tune)


def tune(
    *,
    train: Train,
    items: Items = None,
    users: Users = None,
    log_format: Annotated[
        LogFormat, typer.Option("--format", help="Of --train; .parquet is known by its name.")
    ] = LogFormat.CSV,
    trials: Annotated[
        int,
        typer.Option(min=1, help="Number of trials, including those of earlier runs with --study."),
    ] = 30,
    minutes: Annotated[
        float | None, typer.Option(min=0, help="After this time no further trial begins.")
    ] = None,
    seed: Seed = 0,
    towers: Towers = None,
    write_to: Annotated[
        Path,
        typer.Option("--out", help="File for the hyper-parameters, as JSON.", dir_okay=False),
    ] = Path("towers.json"),
    study: Annotated[
        Path | None,
        typer.Option(
            help="File that stores the trials; the same file resumes a search.", dir_okay=False
        ),
    ] = None,
) -> None:
    """Search hyper-parameters on items held out of the log, beginning with the defaults.

    With --towers it begins with those. What lies outside of the ranges of the search stays.
    """
    from ml.tuning.search import tune as search

    if not write_to.resolve().parent.is_dir():
        raise ConfigurationError(f"--out: no such folder: {write_to.parent}")
    defaults = read_towers(towers)
    dataset, rejected = read_dataset(train, items, users, log_format)
    show_rejected(rejected)
    with ProgressBar() as bar:
        tuning = search(
            dataset,
            trials=trials,
            minutes=minutes,
            seed=seed,
            study_file=study,
            defaults=defaults,
            progress=_shown_on(bar),
        )
    out.print(_table(tuning))
    for trial in tuning.trials:
        if trial.error:
            err.print(f"trial {trial.number}: {trial.error}", style="red", markup=False)
    out.print(_summary(tuning), soft_wrap=True)
    write_to.write_text(tuning.config.model_dump_json(indent=2) + "\n", encoding="utf-8")
    out.print(f"written to {write_to}", markup=False, soft_wrap=True)


def _table(tuning: "Tuning") -> Table:
    """The best trials and, whatever its rank, the one of the defaults."""
    complete = [trial for trial in tuning.trials if trial.ndcg is not None]
    complete.sort(key=lambda trial: (-(trial.ndcg or 0), trial.number))
    shown = complete[:_TRIALS_SHOWN]
    shown += [trial for trial in complete[_TRIALS_SHOWN:] if trial.is_default]
    table = Table("trial", title=f"the best of {len(tuning.trials)} trials on the validation split")
    for column in ("NDCG@20", "recall@20", "seconds", "values"):
        table.add_column(column, justify="left" if column == "values" else "right")
    for trial in shown:
        values = ", ".join(f"{name} {_number(value)}" for name, value in trial.values.items())
        table.add_row(
            str(trial.number),
            f"{trial.ndcg:.4f}",
            f"{trial.recall:.4f}",
            f"{trial.seconds:.0f}",
            "the defaults" if trial.is_default else values,
        )
    return table


def _number(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _summary(tuning: "Tuning") -> str:
    states = [trial.state for trial in tuning.trials]
    counts = ", ".join(
        f"{states.count(state)} {state}"
        for state in ("complete", "pruned", "failed")
        if state in states
    )
    if tuning.best.is_default:
        return f"{counts}; nothing was better than the defaults"
    first = tuning.trials[0]
    default = "" if first.ndcg is None else f", the defaults {first.ndcg:.4f}"
    return f"{counts}; trial {tuning.best.number} reached NDCG@20 {tuning.best.ndcg:.4f}{default}"


def _shown_on(bar: ProgressBar) -> "Callable[[TuningProgress], None]":
    def show(progress: "TuningProgress") -> None:
        best = "" if progress.best is None else f", best NDCG@20 {progress.best:.4f}"
        what = f"trial {progress.trial} of {progress.trials}{best}"
        share = (progress.trial - 1 + progress.share) / progress.trials
        bar.show(progress.trial, what, share, progress.seconds_left)

    return show
