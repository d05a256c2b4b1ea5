"""`recsys demo` and `recsys replay`: the whole loop, with or without a person."""

import shutil
import signal
import time
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from apps.cli.connections import running_stack
from apps.cli.console import Narrator, err, out
from apps.cli.synthetic import Interactions, Items, ProductTable, Seed, Users
from apps.filling.source import Source, SyntheticSize, dataset, replay, synthetic
from apps.local.demo.report import Report
from apps.local.settings import LocalSettings
from streams.errors import ConfigurationError

if TYPE_CHECKING:
    from apps.local.stack import Stack

_READABLE = {"exists": True, "dir_okay": False, "readable": True}
_LINES_SHOWN = 20

Test = Annotated[
    Path | None,
    typer.Option(help="CSV of held-out user_id,item_id to score the lists on.", **_READABLE),
]
ReportPath = Annotated[Path | None, typer.Option(help="Where to write the report as JSON.")]
Kill = Annotated[
    list[str] | None,
    typer.Option(help="A part to kill -9 while events are under way: processor, connect, ..."),
]


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    cli.command(name="demo")(demo)
    cli.command(name="replay")(replay_log)


def demo(
    *,
    once: Annotated[bool, typer.Option(help="Go through the loop without a person.")] = False,
    log: Annotated[
        Path | None,
        typer.Option("--replay", help="A shop's log instead of scripted shoppers.", **_READABLE),
    ] = None,
    test: Test = None,
    data: ProductTable = None,
    users: Users = 1_000,
    items: Items = 2_000,
    interactions: Interactions = 40_000,
    seed: Seed = 0,
    report: ReportPath = None,
    kill: Kill = None,
) -> None:
    """Start everything, fill a shop, train, and serve it until Ctrl-C; or --once."""
    settings = LocalSettings()
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, _interrupt)
    size = SyntheticSize(users, items, interactions, seed)
    if not once:
        if log or test or report or kill:
            raise ConfigurationError("--replay, --test, --report and --kill go with --once")
        _serve(settings, data, size)
        return
    if log and data:
        raise ConfigurationError("--replay and --dataset exclude each other")
    if test and not log:
        raise ConfigurationError("--test goes with --replay")
    from apps.local.demo.once import run_once

    stack = _fresh_stack(settings)
    narrator = Narrator()
    try:
        source = replay(log, test) if log else _catalogue(stack, data, size, narrator)
        result = run_once(
            stack,
            source,
            narrator.display,
            scripted=log is None,
            kill=kill or [],
            write_to=report,
        )
    finally:
        narrator.close()
    _show(result)
    if not result.held:
        raise typer.Exit(1)


def replay_log(
    log: Annotated[Path, typer.Argument(metavar="LOG", **_READABLE)],
    *,
    test: Test = None,
    report: ReportPath = None,
    train: Annotated[bool, typer.Option(help="Retrain when the events have arrived.")] = True,
    kill: Kill = None,
) -> None:
    """Bring a shop's log into the running stack, wait for it, retrain and read the lists back."""
    from apps.local.demo.once import Loop

    stack = running_stack()
    result = Report()
    narrator = Narrator()
    try:
        loop = Loop(stack, result, narrator.display)
        source = replay(log, test)
        loop.fill(source)
        loop.arrive(kill or [])
        if train:
            loop.train()
            loop.read_back(source)
    finally:
        narrator.close()
    if report:
        report.write_text(result.model_dump_json(indent=2))
    _show(result)
    if not result.held:
        raise typer.Exit(1)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    # Whoever ends this gets what Ctrl-C does: every part is stopped.
    raise KeyboardInterrupt


def _fresh_stack(settings: LocalSettings) -> "Stack":
    """A stack of its own beside the person's, which keeps its data."""
    from apps.local.stack import Stack

    folder = settings.state_dir / "once"
    once = settings.model_copy(
        update={"state_dir": folder, "distribution_dir": settings.distribution}
    )
    if folder.exists():
        Stack(once).down(lambda _: None)
        shutil.rmtree(folder)
    return Stack(once)


def _catalogue(stack: "Stack", data: str | None, size: SyntheticSize, narrator: Narrator) -> Source:
    folder = stack.settings.state_dir / "data"
    return dataset(data, folder, narrator.whisper) if data else synthetic(size, folder)


def _serve(settings: LocalSettings, data: str | None, size: SyntheticSize) -> None:
    from apps.local.demo.interactive import serve
    from apps.local.stack import Stack

    stack = Stack(settings)
    narrator = Narrator()
    try:
        report = serve(
            stack, narrator.display, lambda: _catalogue(stack, data, size, narrator), data
        )
        _show_refused(report)
        narrator.close()
        err.print(f"\n[bold]The shop is open at {stack.shop_url}[/bold]   (Ctrl-C closes it)")
        while True:
            time.sleep(1)
    except KeyboardInterrupt:
        err.print("\nclosing the shop")
    finally:
        narrator.close()
        stack.down(narrator.say)


def _show(report: Report) -> None:
    figures = Table("figure", "value", title="What was measured")
    for name, value in report.model_dump(
        exclude={"rejected", "repaired", "list_changes", "seconds", "checks"}, exclude_none=True
    ).items():
        figures.add_row(name, f"{value:.4f}" if isinstance(value, float) else str(value))
    for phase, seconds in report.seconds.items():
        figures.add_row(f"seconds: {phase}", f"{seconds:.1f}")
    out.print(figures)
    _show_refused(report)
    for change in report.list_changes:
        out.print(
            f"the shopper who wants {change.wanted}: {change.matching_before:.0%} of the list"
            f" matched before, {change.matching_after:.0%} after",
            markup=False,
        )
    checks = Table("", "step", "found", title="What had to hold")
    for check in report.checks:
        mark = "[green]held[/green]" if check.held else "[red]failed[/red]"
        checks.add_row(mark, check.name, check.found)
    out.print(checks)


def _show_refused(report: Report) -> None:
    refused = [f"{row.source}, line {row.line}: {row.reason}" for row in report.rejected]
    for title, lines in (("refused", refused), ("left out", report.repaired)):
        for line in lines[:_LINES_SHOWN]:
            out.print(f"{title}: {line}", markup=False, highlight=False, soft_wrap=True)
        if len(lines) > _LINES_SHOWN:
            out.print(f"{title}: {len(lines) - _LINES_SHOWN} more (--once --report lists them all)")
