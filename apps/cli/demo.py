"""`recsys demo` and `recsys replay`: the whole loop, with or without a person."""

import shutil
import signal
import time
from contextlib import nullcontext
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from apps.cli.background_training import BackgroundTraining
from apps.cli.connections import running_stack
from apps.cli.inputs import (
    FILE,
    SYNTHETIC,
    InteractionCount,
    ItemCount,
    LastDay,
    ProductTable,
    ShopSeed,
    Towers,
    UserCount,
    end_of_yesterday,
    hyper_parameters,
    synthetic_config,
)
from apps.cli.progress import ProgressDisplay, err, out
from apps.filling.source import Source, dataset, replay, synthetic
from apps.local.demo.report import Report
from apps.local.settings import LocalSettings
from ml.data.synthetic import SyntheticConfig
from streams.errors import ConfigurationError

if TYPE_CHECKING:
    from apps.local.stack import Stack

_LINES_SHOWN = 20

Test = Annotated[
    Path | None,
    typer.Option(help="CSV of held-out user_id,item_id on which the lists are evaluated.", **FILE),
]
ReportPath = Annotated[Path | None, typer.Option(help="File for the report, as JSON.")]
Kill = Annotated[
    list[str] | None,
    typer.Option(help="Component to kill while events are under way: processor, connect, ..."),
]


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    cli.command(name="demo")(demo)
    cli.command(name="replay")(replay_log)


def demo(
    *,
    once: Annotated[bool, typer.Option(help="Run the loop once, without a person.")] = False,
    log: Annotated[
        Path | None,
        typer.Option("--replay", help="Log of a real shop, instead of scripted shoppers.", **FILE),
    ] = None,
    test: Test = None,
    data: ProductTable = None,
    users: UserCount = SYNTHETIC.n_users,
    items: ItemCount = SYNTHETIC.n_items,
    interactions: InteractionCount = SYNTHETIC.n_interactions,
    seed: ShopSeed = SYNTHETIC.seed,
    last_day: LastDay = None,
    towers: Towers = None,
    report: ReportPath = None,
    kill: Kill = None,
) -> None:
    """Start the stack, fill an empty shop, train unless a model is live, and serve until Ctrl-C."""
    settings = LocalSettings()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    config = synthetic_config(users, items, interactions, seed, last_day or end_of_yesterday())
    if not once:
        if log or test or report or kill:
            raise ConfigurationError("--replay, --test, --report and --kill need --once")
        _serve(settings, data, config, towers)
        return
    if log and data:
        raise ConfigurationError("--replay and --dataset exclude each other")
    if test and not log:
        raise ConfigurationError("--test needs --replay")
    from apps.local.demo.runs import run_once

    stack = _fresh_stack(settings)
    with ProgressDisplay() as display:
        source = replay(log, test) if log else _catalogue(stack, data, config, display)
        result = run_once(
            stack,
            source,
            scripted=log is None,
            kill=kill or [],
            towers=hyper_parameters(towers),
            write_to=report,
            on_step=display.step,
            on_status=display.status,
        )
    _show(result)
    if not result.held:
        raise typer.Exit(1)


def replay_log(
    log: Annotated[Path, typer.Argument(metavar="LOG", **FILE)],
    *,
    test: Test = None,
    report: ReportPath = None,
    train: Annotated[bool, typer.Option(help="Train when the events are stored.")] = True,
    towers: Towers = None,
    kill: Kill = None,
) -> None:
    """Load a shop's log into the running stack, train, and read the lists back."""
    from apps.local.demo.loop import Loop

    stack = running_stack()
    parameters = hyper_parameters(towers)
    result = Report()
    with ProgressDisplay() as display:
        loop = Loop(stack, result, on_step=display.step, on_status=display.status)
        source = replay(log, test)
        loop.load(source)
        loop.wait_until_stored(kill or [])
        if train:
            loop.train(parameters)
            loop.read_back(source)
    if report:
        report.write_text(result.model_dump_json(indent=2))
    _show(result)
    if not result.held:
        raise typer.Exit(1)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    # Each of these signals does what Ctrl-C does: every component is stopped.
    raise KeyboardInterrupt


def _fresh_stack(settings: LocalSettings) -> "Stack":
    """An empty stack, beside the user's own, whose data is kept."""
    from apps.local.stack import Stack

    folder = settings.state_dir / "once"
    once = settings.model_copy(
        update={"state_dir": folder, "distribution_dir": settings.distribution}
    )
    if folder.exists():
        Stack(once).down(lambda _: None)
        shutil.rmtree(folder)
    return Stack(once)


def _catalogue(
    stack: "Stack", data: str | None, config: SyntheticConfig, display: ProgressDisplay
) -> Source:
    folder = stack.settings.state_dir / "data"
    return dataset(data, folder, display.status) if data else synthetic(config, folder)


def _serve(
    settings: LocalSettings, data: str | None, config: SyntheticConfig, towers: Path | None
) -> None:
    from apps.local.demo.runs import serve
    from apps.local.stack import Stack

    stack = Stack(settings)
    display = ProgressDisplay()
    try:
        with display:
            report = serve(
                stack,
                lambda: _catalogue(stack, data, config, display),
                data,
                towers=hyper_parameters(towers),
                on_step=display.step,
                on_status=display.status,
            )
        _show_rejected(report)
        err.print(f"\n[bold]The shop is open at {stack.shop_url}[/bold]   (stop it with Ctrl-C)")
        err.print(f"its dashboard: {stack.analytics_url}")
        # The shop opens with a model that nothing was held out from, so its quality is unknown.
        measuring = BackgroundTraining(settings, towers) if report.model_version else nullcontext()
        with measuring as training:
            if training:
                err.print(f"its model is measured beside it: {training.log}", soft_wrap=True)
            while True:
                time.sleep(1)
                if outcome := training and training.outcome():
                    err.print(outcome, soft_wrap=True)
    except KeyboardInterrupt:
        err.print("\nstopping the shop")
    finally:
        stack.down(display.step)


def _show(report: Report) -> None:
    figures = Table("figure", "value", title="Figures")
    for name, value in report.model_dump(
        exclude={"rejected", "repaired", "list_changes", "seconds", "checks"}, exclude_none=True
    ).items():
        figures.add_row(name, f"{value:.4f}" if isinstance(value, float) else str(value))
    for phase, seconds in report.seconds.items():
        figures.add_row(f"seconds: {phase}", f"{seconds:.1f}")
    out.print(figures)
    _show_rejected(report)
    for change in report.list_changes:
        out.print(
            f"the shopper who likes {change.wanted}: {change.matching_before:.0%} of the list"
            f" matched before, {change.matching_after:.0%} after",
            markup=False,
        )
    checks = Table("", "check", "found", title="Checks")
    for check in report.checks:
        mark = "[green]held[/green]" if check.held else "[red]failed[/red]"
        checks.add_row(mark, check.name, check.found)
    out.print(checks)


def _show_rejected(report: Report) -> None:
    rejected = [f"{row.source}, line {row.line}: {row.reason}" for row in report.rejected]
    for title, lines in (("rejected", rejected), ("repaired", report.repaired)):
        for line in lines[:_LINES_SHOWN]:
            out.print(f"{title}: {line}", markup=False, highlight=False, soft_wrap=True)
        if len(lines) > _LINES_SHOWN:
            out.print(
                f"{title}: {len(lines) - _LINES_SHOWN} more (--once --report FILE lists them all)"
            )
