"""`recsys api-key`: the keys with which other programs use the shop's API."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Column, Table

from apps.cli.connections import shop_database_url
from apps.cli.inputs import duration
from apps.cli.progress import out
from apps.storefront.api.keys.scope import Scope
from streams.errors import ConfigurationError

if TYPE_CHECKING:
    from psycopg import Connection

    from apps.storefront.api.keys.repository import ApiKey


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    keys = typer.Typer(no_args_is_help=True, help="Keys of the API.")
    keys.command()(create)
    keys.command(name="list")(list_keys)
    keys.command()(revoke)
    cli.add_typer(keys, name="api-key")


def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who will use it.")],
    *,
    scope: Annotated[
        list[Scope], typer.Option(help="What it may be used for; may be given several times.")
    ],
    expires_in: Annotated[
        timedelta | None,
        typer.Option(parser=duration, metavar="TIME", help="90s, 15m, 1h or 7d; else for ever."),
    ] = None,
) -> None:
    """Make a key and print it. It is shown this once: the shop keeps only a hash of it.

    The database is that of RECSYS_DATABASE_URL, else that of the running stack.
    """
    from apps.storefront.api.keys import repository
    from apps.storefront.api.keys.secret import Secret

    secret = Secret.new()
    with _connection() as connection:
        repository.add(
            connection,
            key_id=secret.key_id,
            name=name,
            secret_hash=secret.hash,
            scopes=sorted(set(scope)),
            expires_at=datetime.now(UTC) + expires_in if expires_in else None,
        )
    print(secret.text)


def list_keys() -> None:
    """Show the keys, without their secrets."""
    from apps.storefront.api.keys import repository

    with _connection() as connection:
        keys = repository.every(connection)
    table = Table(Column("id", no_wrap=True), "name", "scopes", "last used", "state")
    for key in keys:
        used = f"{key.last_used_on:%Y-%m-%d}" if key.last_used_on else ""
        table.add_row(key.key_id, key.name, "\n".join(key.scopes), used, _state(key))
    out.print(table)


def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="As `recsys api-key list` names it.")],
) -> None:
    """Make a key useless; workers of the shop notice within five seconds."""
    from apps.storefront.api.keys import repository

    with _connection() as connection:
        if not repository.revoke(connection, key_id):
            raise ConfigurationError(f"no key {key_id} is in use")
    out.print(f"{key_id} is revoked", highlight=False)


def _state(key: "ApiKey") -> str:
    if key.revoked_at:
        return f"revoked {key.revoked_at:%Y-%m-%d}"
    if key.expires_at is None:
        return "valid"
    is_over = key.expires_at <= datetime.now(UTC)
    return f"{'expired' if is_over else 'until'} {key.expires_at:%Y-%m-%d}"


@contextmanager
def _connection() -> "Iterator[Connection[Any]]":
    import psycopg

    from streams.database import postgres_errors

    with postgres_errors(), psycopg.connect(shop_database_url()) as connection:
        yield connection
