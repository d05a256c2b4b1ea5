"""`recsys up`, `down` and `status`: the stack as a whole."""

import json
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from apps.cli.console import Narrator, out
from apps.local.settings import LocalSettings

if TYPE_CHECKING:
    from apps.local.stack import PartStatus, Stack

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    cli.command()(up)
    cli.command()(down)
    cli.command()(status)


def up(*, as_json: Json = False) -> None:
    """Start whatever does not run: PostgreSQL, Kafka, Connect, the processor, the storefront."""
    stack = _stack()
    narrator = Narrator()
    try:
        stack.up(narrator.say)
    finally:
        narrator.close()
    _show(stack.statuses(), as_json=as_json)


def down() -> None:
    """Stop all of it; the data stays."""
    narrator = Narrator()
    try:
        _stack().down(narrator.say)
    finally:
        narrator.close()


def status(*, as_json: Json = False) -> None:
    """Show each part's state, health, address, pid and log; exit 1 unless all are healthy."""
    statuses = _stack().statuses()
    _show(statuses, as_json=as_json)
    if not all(part.healthy for part in statuses):
        raise typer.Exit(1)


def _stack() -> "Stack":
    from apps.local.stack import Stack  # what only a laptop has is imported with it

    return Stack(LocalSettings())


def _show(statuses: "list[PartStatus]", *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({part.name: part.as_dict() for part in statuses}, indent=2))
        return
    table = Table("part", "state", "health", "pid")
    table.add_column("address", no_wrap=True)
    for part in statuses:
        table.add_row(
            part.name,
            part.state,
            "[green]healthy[/green]" if part.healthy else "[red]not healthy[/red]",
            str(part.pid or ""),
            part.address,
        )
    out.print(table)
    for part in statuses:
        out.print(f"{part.name:10}  {part.log}", soft_wrap=True, highlight=False)
