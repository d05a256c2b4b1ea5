"""The entry point: adds every command, and prints an error as one line."""

import sys

import typer
from pydantic import ValidationError
from rich.markup import escape

from apps.cli import (
    analytics,
    api_keys,
    contracts,
    dead_letters,
    demo,
    evaluation,
    events,
    explain,
    fill,
    forget,
    imports,
    load,
    model,
    pictures,
    products,
    psql,
    rules,
    search,
    stack,
    synthetic,
    tuning,
    versions,
)
from apps.cli.progress import err
from streams.errors import RecsysError

cli = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="A shop that learns while people shop: run it, fill it, train its model, inspect it.",
)
for module in (
    stack,
    demo,
    fill,
    forget,
    imports,
    products,
    pictures,
    load,
    model,
    explain,
    versions,
    rules,
    search,
    evaluation,
    tuning,
    events,
    psql,
    analytics,
    api_keys,
    contracts,
    dead_letters,
    synthetic,
):
    module.register(cli)


def app() -> None:
    """Run the command line; a RecsysError is printed and ends it with status 1."""
    try:
        cli()
    except ValidationError as error:
        if not error.title.endswith("Settings"):
            raise
        for problem in error.errors():
            variable = "_".join(("RECSYS", *map(str, problem["loc"]))).upper()
            _print_error(
                f"{variable} is not set"
                if problem["type"] == "missing"
                else f"{variable}: {problem['msg']}"
            )
        sys.exit(1)
    except RecsysError as error:
        _print_error(str(error))
        sys.exit(1)


def _print_error(message: str) -> None:
    err.print(f"[bold red]error[/bold red] {escape(message)}", soft_wrap=True)


if __name__ == "__main__":
    app()
