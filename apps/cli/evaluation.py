"""`recsys evaluate`: the towers and the baselines on any log, scored against held-out items."""

import json
import platform
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from apps.cli.comparison_table import comment, comparison_table
from apps.cli.image_evaluation import ENCODERS, evaluate_images
from apps.cli.inputs import (
    FILE,
    Items,
    Seed,
    Towers,
    Users,
    duration,
    read_dataset,
    read_towers,
    show_rejected,
)
from apps.cli.progress import ProgressBar, err, out
from apps.cli.replaying import evaluate_replay
from apps.cli.retraining import check_picture, evaluate_retraining
from ml.data.event_log import LogFormat
from streams.errors import ConfigurationError

if TYPE_CHECKING:
    from ml.evaluation.comparison import Column, Step
    from ml.evaluation.temporal_split import TemporalSplit

_MAX_WIDTH = 250
_MODELS = "two_tower,popularity,item_knn,als,bpr,ease"
_PACKAGES = ("recsys", "numpy", "scipy", "pandas", "torch", "implicit")


class Split(StrEnum):
    """How a log is split where there is no file of held-out items."""

    TIME = "time"
    """At one instant for all users."""


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command()(evaluate)


def evaluate(
    *,
    train: Annotated[
        Path | None,
        typer.Option(help="Log to train on: user_id, item_id, optional further columns.", **FILE),
    ] = None,
    images: Annotated[
        Path | None,
        typer.Option(
            help="Instead of a log: a folder of photos CLASS/NAME.jpg, on which encoders of"
            " pictures are measured.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    test: Annotated[
        Path | None,
        typer.Option(help="Held-out user_id,item_id; or use --split, --retrain, --replay.", **FILE),
    ] = None,
    split: Annotated[
        Split | None,
        typer.Option(help="Hold out what is newest in --train, from one instant on for all users."),
    ] = None,
    test_share: Annotated[
        float | None,
        typer.Option(
            help="With --split: share of the interactions, the newest, to hold out; 0.1 by default."
        ),
    ] = None,
    retrain: Annotated[
        bool,
        typer.Option(
            "--retrain",
            help="Retrain the towers at the start of each of the last periods of --train, and"
            " score each period.",
        ),
    ] = False,
    replay: Annotated[
        bool,
        typer.Option(
            "--replay",
            help="Train the towers without the last period of --train, and pass through it event by"
            " event: was the next item in the list of that moment?",
        ),
    ] = False,
    period: Annotated[
        timedelta | None,
        typer.Option(
            parser=duration,
            metavar="DURATION",
            help="With --retrain or --replay: length of a period, 7d by default.",
        ),
    ] = None,
    periods: Annotated[
        int | None, typer.Option(min=1, help="With --retrain: how many retrainings, 4 by default.")
    ] = None,
    warm_start: Annotated[
        bool,
        typer.Option(
            "--warm-start",
            help="With --retrain: also a model that starts from its weights of the period before.",
        ),
    ] = False,
    picture: Annotated[
        Path | None,
        typer.Option(help="With --retrain: where to draw the figures, .svg or .png."),
    ] = None,
    chain: Annotated[
        str,
        typer.Option(
            metavar="JSON",
            help="With --replay: the chain that makes the live lists, as in RECSYS_CHAIN.",
        ),
    ] = "",
    items: Items = None,
    users: Users = None,
    log_format: Annotated[
        LogFormat,
        typer.Option(
            "--format", help="Format of --train and --test; a file named .parquet is Parquet."
        ),
    ] = LogFormat.CSV,
    models: Annotated[
        str,
        typer.Option(
            help="Names, joined by commas. With --images: values of RECSYS_IMAGE_MODEL; both"
            " encoders that need no download by default."
        ),
    ] = _MODELS,
    k: Annotated[int, typer.Option("--k", min=1, help="Length of the lists.")] = 20,
    seed: Seed = 0,
    towers: Towers = None,
    write_to: Annotated[
        Path | None, typer.Option("--json", help="Where to write the figures.", dir_okay=False)
    ] = None,
) -> None:
    """Compare models on a log; what retraining is worth (--retrain), live lists (--replay).

    Full ranking without seen items, means over the users. With --images: encoders of pictures.
    """
    if images is not None:
        encoders = _names(ENCODERS if models == _MODELS else models)
        _write(write_to, evaluate_images(images, encoders, seed))
        return
    from ml.data.log_table import read_held_out
    from ml.evaluation.comparison import check_models, columns, compare
    from ml.evaluation.retraining import PERIOD, RETRAININGS
    from ml.evaluation.temporal_split import TEST_SHARE, temporal_split
    from ml.serving.chain.chain import Chain
    from ml.towers.config import TowersConfig

    train = _check_held_out(train, test, split, test_share, retrain=retrain, replay=replay)
    in_time = retrain or replay
    _need("--period", "--retrain or --replay", given=bool(period), there=in_time)
    _need("--models", "--test or --split", given=models != _MODELS, there=not in_time)
    further = any((periods, warm_start, picture))
    _need(
        "each of --periods, --warm-start and --picture", "--retrain", given=further, there=retrain
    )
    _need("--chain", "--replay", given=bool(chain), there=replay)
    check_picture(picture)
    names = _names(models)
    check_models(names)
    config = read_towers(towers)
    if write_to and not write_to.resolve().parent.is_dir():
        raise ConfigurationError(f"--json: there is no folder {write_to.parent}")
    dataset, rejected = read_dataset(train, items, users, log_format)
    if replay:
        show_rejected(rejected)
        passed = evaluate_replay(
            dataset,
            config or TowersConfig(),
            chain=Chain.read(chain, "--chain"),
            period=period or PERIOD,
            k=k,
            seed=seed,
        )
        _write(write_to, {**passed.model_dump(mode="json"), "versions": _versions()})
        return
    if retrain:
        show_rejected(rejected)
        by_period = evaluate_retraining(
            dataset,
            config or TowersConfig(),
            period=period or PERIOD,
            periods=periods or RETRAININGS,
            warm_start=warm_start,
            k=k,
            seed=seed,
            picture=picture,
        )
        _write(write_to, {**by_period.model_dump(mode="json"), "versions": _versions()})
        return
    parts: TemporalSplit | None = None
    if test is None:
        parts = temporal_split(dataset, test_share=TEST_SHARE if test_share is None else test_share)
        dataset, held_out = parts.training, parts.held_out
    else:
        held_out, of_test = read_held_out(test, log_format)
        rejected += of_test
    show_rejected(rejected)
    sizes = {
        "users": int(dataset.interactions["user_id"].nunique()),
        "items": int(dataset.interactions["item_id"].nunique()),
        "train": len(dataset.interactions),
        "test": _count(held_out),
    }
    err.print(
        "{users:,} users, {items:,} items, {train:,} interactions; {test:,} held out".format(
            **sizes
        )
    )
    of_split = _shown_split(parts) if parts else {}
    with ProgressBar() as bar:
        figures = compare(
            dataset, held_out, names, k=k, seed=seed, towers=config, progress=_shown_on(bar)
        )
    _show(figures, columns(k), f"{sizes['test']:,} held-out items, lists of {k}")
    _write(
        write_to,
        {
            "dataset": sizes
            | {
                "rejected": [
                    {"file": row.source, "line": row.line, "reason": row.reason} for row in rejected
                ]
            },
            **({"split": of_split} if of_split else {}),
            "models": figures,
            "k": k,
            "seed": seed,
            "versions": _versions(),
        },
    )
    if all("error" in found for found in figures.values()):
        raise typer.Exit(1)


_SPLIT = (
    "the test period begins at {instant} and has {interactions:,} interactions; not scored are"
    " {items_of_new_users:,} items of {new_users:,} users who are not in training, {new_items:,}"
    " items that are not in it and {seen_items:,} that their users had seen"
)


def _show(
    figures: Mapping[str, Mapping[str, Any]], columns: "Sequence[Column]", title: str
) -> None:
    # A file has no width at which a table would have to be cut.
    wide = out if out.is_terminal else Console(width=_MAX_WIDTH)
    wide.print(comparison_table(figures, columns, title))
    for name, found in figures.items():
        comment(name, found)


def _shown_split(split: "TemporalSplit") -> dict[str, Any]:
    """What a split by time holds out, and what of the test period cannot be scored; printed."""
    figures = {
        "by": Split.TIME.value,
        "instant": split.instant.isoformat(),
        "interactions": len(split.test),
        "users": len(split.held_out),
        "new_users": len(split.of_new_users),
        "items_of_new_users": _count(split.of_new_users),
        "new_items": _count(split.new_items),
        "seen_items": _count(split.seen),
    }
    err.print(_SPLIT.format(**figures), soft_wrap=True)
    return figures


def _check_held_out(
    train: Path | None,
    test: Path | None,
    split: Split | None,
    test_share: float | None,
    *,
    retrain: bool,
    replay: bool,
) -> Path:
    """The log to train on, if options say what is held out of it."""
    if train is None:
        raise ConfigurationError("name a log by --train, or photos by --images")
    if (test is not None) + (split is not None) + retrain + replay != 1:
        raise ConfigurationError(
            "name what is held out by one of --test, --split, --retrain and --replay"
        )
    if test_share is not None and split is None:
        raise ConfigurationError("--test-share belongs to --split; --test holds out a file")
    return train


def _need(options: str, others: str, *, given: bool, there: bool) -> None:
    """Refuse options that belong to others which are not there."""
    if given and not there:
        raise ConfigurationError(f"{options} needs {others}")


def _names(joined: str) -> list[str]:
    return [name.strip() for name in joined.split(",") if name.strip()]


def _write(path: Path | None, report: Mapping[str, Any]) -> None:
    """Write figures as JSON, if a path is given."""
    if path:
        path.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def _versions() -> dict[str, str]:
    return {"python": platform.python_version()} | {name: version(name) for name in _PACKAGES}


def _count(items: Mapping[str, Collection[str]]) -> int:
    return sum(map(len, items.values()))


def _shown_on(bar: ProgressBar) -> "Callable[[Step], None]":
    def show(step: "Step") -> None:
        what = f"{step.name} ({step.number} of {step.models})"
        bar.show(step.number, what, step.share, step.seconds_left)

    return show
