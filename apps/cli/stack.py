"""`recsys up`, `down` and `status`: the stack as a whole."""

from typing import TYPE_CHECKING, Annotated

import typer

from apps.cli.progress import ProgressDisplay
from apps.local.settings import LocalSettings

if TYPE_CHECKING:
    from apps.cli.status import Status
    from apps.local.stack import Stack

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
    _status(stack).show(as_json=as_json)


def down() -> None:
    """Stop every component; the data is kept."""
    with ProgressDisplay() as display:
        _stack().down(display.step)


def status(*, as_json: Json = False) -> None:
    """Show components, sink, lag and the shop's outbox; exit with 1 unless all are healthy."""
    found = _status(_stack())
    found.show(as_json=as_json)
    if not found.is_healthy:
        raise typer.Exit(1)


def _stack() -> "Stack":
    from apps.local.stack import Stack  # its packages are missing in a cluster's images

    return Stack(LocalSettings())


def _status(stack: "Stack") -> "Status":
    from apps.cli.status import Status

    return Status.of(stack)
