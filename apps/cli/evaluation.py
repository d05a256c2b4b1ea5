"""`recsys evaluate`: the towers and the classics on any log, judged by what is held out of it."""

import json
import platform
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from apps.cli.bar import Bar
from apps.cli.console import err, out
from apps.cli.log_files import FILE, Items, Seed, Train, Users, read_dataset, show_rejected
from ml.data.log_fields import LogFormat
from streams.errors import ConfigurationError, ContractError

if TYPE_CHECKING:
    from ml.evaluation.comparison import Step
    from ml.towers.config import TowersConfig

_WIDEST = 250
_PACKAGES = ("recsys", "numpy", "scipy", "pandas", "torch", "implicit")
_COSTS = ("train_seconds", "top_k_seconds", "peak_rss_mb")
_DECIMALS = {"novelty": 2, "train_seconds": 1, "top_k_seconds": 1, "peak_rss_mb": 0}


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command()(evaluate)


def evaluate(
    *,
    train: Train,
    test: Annotated[Path, typer.Option(help="Held-out user_id,item_id.", **FILE)],
    items: Items = None,
    users: Users = None,
    log_format: Annotated[
        LogFormat,
        typer.Option("--format", help="Of --train and --test; .parquet is known by its name."),
    ] = LogFormat.CSV,
    models: Annotated[
        str, typer.Option(help="Names, joined by commas.")
    ] = "two_tower,popularity,item_knn,als,bpr,ease",
    k: Annotated[int, typer.Option("--k", min=1, help="Length of the lists.")] = 20,
    seed: Seed = 0,
    towers: Annotated[
        Path | None, typer.Option(help="The towers' hyper-parameters as JSON.", **FILE)
    ] = None,
    write_to: Annotated[
        Path | None, typer.Option("--json", help="Where to write the figures.", dir_okay=False)
    ] = None,
) -> None:
    """Compare models on a log: full ranking, what a user has met left out, averaged over users."""
    from ml.data.log_table import read_held_out
    from ml.evaluation.comparison import check_models, compare

    names = [name.strip() for name in models.split(",") if name.strip()]
    check_models(names)
    config = _towers(towers)
    if write_to and not write_to.resolve().parent.is_dir():
        raise ConfigurationError(f"--json: there is no folder {write_to.parent}")
    dataset, rejected = read_dataset(train, items, users, log_format)
    held_out, of_test = read_held_out(test, log_format)
    rejected += of_test
    show_rejected(rejected)
    sizes = {
        "users": int(dataset.interactions["user_id"].nunique()),
        "items": int(dataset.interactions["item_id"].nunique()),
        "train": len(dataset.interactions),
        "test": sum(map(len, held_out.values())),
    }
    err.print(
        "{users:,} users, {items:,} items, {train:,} interactions; {test:,} held out".format(
            **sizes
        )
    )
    with Bar() as bar:
        figures = compare(
            dataset, held_out, names, k=k, seed=seed, towers=config, watch=_shown_on(bar)
        )
    table = _table(figures, f"{sizes['test']:,} held-out items, lists of {k}")
    # A file has no edge at which a table would have to be cut.
    (out if out.is_terminal else Console(width=_WIDEST)).print(table)
    for name, found in figures.items():
        if "error" in found:
            err.print(f"{name}: {found['error']}", style="red", markup=False, soft_wrap=True)
    if write_to:
        report = {
            "dataset": sizes
            | {
                "rejected": [
                    {"file": row.source, "line": row.line, "reason": row.reason} for row in rejected
                ]
            },
            "models": figures,
            "k": k,
            "seed": seed,
            "versions": {"python": platform.python_version()}
            | {name: version(name) for name in _PACKAGES},
        }
        write_to.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    if all("error" in found for found in figures.values()):
        raise typer.Exit(1)


def _towers(path: Path | None) -> "TowersConfig | None":
    from pydantic import ValidationError

    from ml.towers.config import TowersConfig

    if path is None:
        return None
    try:
        return TowersConfig.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise ContractError(f"{path}: {place or 'the file'}: {first['msg']}") from None


def _table(figures: Mapping[str, Mapping[str, Any]], title: str) -> Table:
    """A row a model; the best value of a column is bold."""
    measured = [found for found in figures.values() if "error" not in found]
    columns = [name for name in (measured[0] if measured else ()) if name != "parameters"]
    table = Table(title=title, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("model", no_wrap=True)
    for column in columns:
        heading = column.replace("seconds", "s").replace("_", " ").replace("@", " @")
        table.add_column(heading.replace(" ", "\n"), justify="right", vertical="bottom")
    for name, found in figures.items():
        if "error" in found:
            table.add_row(name, *(["failed"] * min(1, len(columns))))
            continue
        cells = []
        for column in columns:
            best = (min if column in _COSTS else max)(each[column] for each in measured)
            text = _number(column, found[column])
            cells.append(f"[bold]{text}[/bold]" if found[column] == best else text)
        table.add_row(name, *cells)
    return table


def _number(column: str, value: float) -> str:
    return f"{value:.{_DECIMALS.get(column, 4)}f}"


def _shown_on(bar: Bar) -> "Callable[[Step], None]":
    def show(step: "Step") -> None:
        what = f"{step.name} ({step.number} of {step.models})"
        bar.show(step.number, what, step.share, step.seconds_left)

    return show
