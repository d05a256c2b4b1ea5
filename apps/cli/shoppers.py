"""Shoppers as commands name them: by id, e-mail address or name."""

from typing import Annotated

import typer

_WORDS = "A user's id, e-mail address or name"
User = Annotated[str, typer.Argument(metavar="USER", help=f"{_WORDS}.")]
UserOrVisitor = Annotated[
    str | None,
    typer.Argument(metavar="[USER]", help=f"{_WORDS}; by default a visitor without an account."),
]
