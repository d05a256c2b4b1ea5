"""`recsys tune`: the towers' hyper-parameters for a log, searched on a part of it."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from apps.cli.bar import Bar
from apps.cli.console import err, out
from apps.cli.log_files import Items, Seed, Train, Users, read_dataset, show_rejected
from ml.data.event_log import LogFormat
from streams.errors import ConfigurationError

if TYPE_CHECKING:
    from ml.tuning.search import Step, Tuning

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
        int, typer.Option(min=1, help="Trials, those of earlier runs with --study included.")
    ] = 30,
    minutes: Annotated[
        float | None, typer.Option(min=0, help="After these no other trial begins.")
    ] = None,
    seed: Seed = 0,
    write_to: Annotated[
        Path,
        typer.Option("--out", help="Where the hyper-parameters go, as JSON.", dir_okay=False),
    ] = Path("towers.json"),
    study: Annotated[
        Path | None,
        typer.Option(
            help="Where the trials are kept; the same file again goes on.", dir_okay=False
        ),
    ] = None,
) -> None:
    """Search for hyper-parameters, the defaults first, on items held out of the log."""
    from ml.tuning.search import tune as search

    if not write_to.resolve().parent.is_dir():
        raise ConfigurationError(f"--out: there is no folder {write_to.parent}")
    dataset, rejected = read_dataset(train, items, users, log_format)
    show_rejected(rejected)
    with Bar() as bar:
        tuning = search(
            dataset,
            trials=trials,
            minutes=minutes,
            seed=seed,
            study_file=study,
            watch=_shown_on(bar),
        )
    out.print(_table(tuning))
    for trial in tuning.trials:
        if trial.error:
            err.print(f"trial {trial.number}: {trial.error}", style="red", markup=False)
    out.print(_verdict(tuning), soft_wrap=True)
    write_to.write_text(tuning.config.model_dump_json(indent=2) + "\n", encoding="utf-8")
    out.print(f"written to {write_to}", markup=False, soft_wrap=True)


def _table(tuning: "Tuning") -> Table:
    """The best trials, and the defaults wherever they stand."""
    complete = [trial for trial in tuning.trials if trial.ndcg is not None]
    complete.sort(key=lambda trial: (-(trial.ndcg or 0), trial.number))
    shown = complete[:_TRIALS_SHOWN]
    shown += [trial for trial in complete[_TRIALS_SHOWN:] if trial.is_default]
    table = Table("trial", title=f"the best of {len(tuning.trials)} trials, on validation")
    for column in ("NDCG@20", "recall@20", "seconds", "given"):
        table.add_column(column, justify="left" if column == "given" else "right")
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


def _verdict(tuning: "Tuning") -> str:
    states = [trial.state for trial in tuning.trials]
    counts = ", ".join(
        f"{states.count(state)} {state}"
        for state in ("complete", "given up", "failed")
        if state in states
    )
    if tuning.best.is_default:
        return f"{counts}; nothing beat the defaults"
    first = tuning.trials[0]
    was = "" if first.ndcg is None else f", the defaults {first.ndcg:.4f}"
    return f"{counts}; trial {tuning.best.number} reached NDCG@20 {tuning.best.ndcg:.4f}{was}"


def _shown_on(bar: Bar) -> "Callable[[Step], None]":
    def show(step: "Step") -> None:
        best = "" if step.best is None else f", best NDCG@20 {step.best:.4f}"
        what = f"trial {step.trial} of {step.trials}{best}"
        share = (step.trial - 1 + step.share) / step.trials
        bar.show(step.trial, what, share, step.seconds_left)

    return show
