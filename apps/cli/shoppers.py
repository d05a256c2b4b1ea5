"""Shoppers as commands name them: by id, e-mail address or name."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.errors import ConfigurationError

if TYPE_CHECKING:
    from psycopg import Connection

_USERS_SHOWN = 10

_WORDS = "A user's id, e-mail address or name"
User = Annotated[str, typer.Argument(metavar="USER", help=f"{_WORDS}.")]
UserOrVisitor = Annotated[
    str | None,
    typer.Argument(metavar="[USER]", help=f"{_WORDS}; by default a visitor without an account."),
]


def user_named(connection: "Connection[Any]", text: str) -> str:
    """The id of the one user that `text` names.

    Raises:
        ConfigurationError: it names nobody, or several.
    """
    from apps.local.repository import user_ids_of

    user_ids = user_ids_of(connection, text)
    if not user_ids:
        raise ConfigurationError(f"no user has the id, e-mail address or name {text}")
    if len(user_ids) > 1:
        shown = ", ".join(user_ids[:_USERS_SHOWN]) + (", …" if len(user_ids) > _USERS_SHOWN else "")
        raise ConfigurationError(
            f"{len(user_ids)} users have the name {text}: {shown}; choose one by its id"
        )
    return user_ids[0]
