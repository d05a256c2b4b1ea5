"""`recsys up`, `down` and `status`: the stack as a whole."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from apps.cli.progress import ProgressDisplay, out
from apps.local.settings import LocalSettings

if TYPE_CHECKING:
    from apps.local.stack import ComponentStatus, Stack
    from apps.storefront.events.repository import Backlog

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    cli.command()(up)
    cli.command()(down)
    cli.command()(status)


def up(*, as_json: Json = False) -> None:
    """Start PostgreSQL, Kafka, Connect, processor, storefront and dashboard unless they run."""
    stack = _stack()
    with ProgressDisplay() as display:
        stack.up(display.step)
    _show(stack.statuses(), stack.outbox(), as_json=as_json)


def down() -> None:
    """Stop every component; the data is kept."""
    with ProgressDisplay() as display:
        _stack().down(display.step)


def status(*, as_json: Json = False) -> None:
    """Show each component and the shop's outbox; exit with 1 unless all are healthy."""
    stack = _stack()
    statuses = stack.statuses()
    _show(statuses, stack.outbox(), as_json=as_json)
    if not all(each.healthy for each in statuses):
        raise typer.Exit(1)


def _stack() -> "Stack":
    from apps.local.stack import Stack  # its packages are missing in a cluster's images

    return Stack(LocalSettings())


def _show(statuses: "list[ComponentStatus]", outbox: "Backlog | None", *, as_json: bool) -> None:
    if as_json:
        shown = {each.name: each.as_dict() for each in statuses}
        if outbox:
            shown["storefront"]["outbox"] = asdict(outbox)
        print(json.dumps(shown, indent=2))
        return
    table = Table("component", "state", "health", "pid")
    table.add_column("address", no_wrap=True)
    for each in statuses:
        table.add_row(
            each.name,
            each.state,
            "[green]healthy[/green]" if each.healthy else "[red]not healthy[/red]",
            str(each.pid or ""),
            each.address,
        )
    out.print(table)
    for each in statuses:
        out.print(f"{each.name:10}  {each.log}", soft_wrap=True, highlight=False)
    if outbox:
        out.print(
            f"{'outbox':10}  {outbox.waiting:,} events wait for Kafka, the oldest for"
            f" {outbox.oldest_seconds:,.0f} s; Kafka refuses {outbox.refused:,}",
            soft_wrap=True,
            highlight=False,
        )
