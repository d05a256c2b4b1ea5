"""`recsys import`: load what another recommender has into an empty shop."""

from pathlib import Path
from typing import Annotated

import typer

from apps.cli.fill import fill_from
from apps.cli.inputs import show_rejected
from apps.filling.source import gorse
from streams.contracts import InteractionType


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    imports = typer.Typer(no_args_is_help=True, help="Load what another recommender has.")
    imports.command(name="gorse")(import_gorse)
    # Typer makes a command of its own of a group with one command, unless it has a callback.
    imports.callback()(lambda: None)
    cli.add_typer(imports, name="import")


def import_gorse(
    path: Annotated[
        Path,
        typer.Argument(
            exists=True,
            readable=True,
            help="Dump, or folder of the three .jsonl files.",
        ),
    ],
    *,
    feedback: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=TYPE",
            help="What a type of feedback is: view, cart or purchase; may be given several times.",
        ),
    ] = None,
) -> None:
    """Fill an empty shop with the users, items and feedback of Gorse; a shop with products is kept.

    The shop is found as by `recsys fill`.
    """
    from ml.data.gorse import FEEDBACK_TYPES

    types = {**FEEDBACK_TYPES, **dict(map(_feedback_type, feedback or ()))}
    report = fill_from(lambda _folder, _on_status: gorse(path, types))
    if report:
        show_rejected(report.rejected)


def _feedback_type(text: str) -> tuple[str, InteractionType]:
    """The name and the interaction type of an option such as `star=purchase`."""
    name, _, kind = text.rpartition("=")
    known = [InteractionType.VIEW, InteractionType.CART, InteractionType.PURCHASE]
    if not name or kind not in known:
        raise typer.BadParameter(f"{text}: say NAME=TYPE, and one of {', '.join(known)} as TYPE")
    return name, InteractionType(kind)
