"""`recsys forget`: removes a person from every store."""

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from apps.cli.connections import shop_database_url
from apps.cli.progress import out
from streams.errors import ConfigurationError, UnavailableError

if TYPE_CHECKING:
    from psycopg import Connection

    from apps.storefront.erasure.erasing import ErasedFromShop
    from streams.erasures import Erased

_POLL_SECONDS = 0.2


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command()(forget)


def forget(
    user: Annotated[str, typer.Argument(metavar="USER", help="Id or e-mail address.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    timeout: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="How long to wait for the other stores.")
    ] = 60.0,
) -> None:
    """Remove a person from every store, and show what was removed.

    The account goes at once, its orders remain without a name. An event on the topic erasures tells
    all others, and the processor carries it out. Topics forget by their retention. The database is
    that of RECSYS_DATABASE_URL, else that of the running stack.
    """
    import psycopg

    from apps.storefront.erasure.erasing import erase
    from streams import erasures
    from streams.database import postgres_errors

    with postgres_errors(), psycopg.connect(shop_database_url(), autocommit=True) as connection:
        user_id = _known(connection, user)
        if user_id is None:
            done = erasures.find(connection, user)
            if done is None:
                raise ConfigurationError(
                    "nothing is known of this id or e-mail address; an erasure that was asked for"
                    " before goes on as soon as Kafka and the processor run"
                )
            out.print(f"erased already, on {done.erased_at:%Y-%m-%d %H:%M}")
            _show(None, done)
            return
        if not yes:
            typer.confirm(
                "All that is known of this person is deleted for good. Go on?", abort=True
            )
        with connection.transaction():
            erased = erase(connection, user_id)
        deadline = time.monotonic() + timeout
        while (done := erasures.find(connection, user_id)) is None or (
            done.erasure_id != erased.event.erasure_id
        ):
            if time.monotonic() > deadline:
                _show(erased, None)
                raise UnavailableError(
                    "the account is gone; events, live history and lists still have to follow: the"
                    " event waits for Kafka or for the processor, and is carried out once both run."
                    f" To see whether it was, ask by the id: recsys forget {user_id}"
                )
            time.sleep(_POLL_SECONDS)
        _show(erased, done)


def _known(connection: "Connection[Any]", user: str) -> str | None:
    """The id of the person, if anything is known of them."""
    from apps.storefront.accounts import repository as accounts
    from apps.storefront.erasure import repository

    if found := accounts.credentials(connection, user):
        return found[0]
    is_known = accounts.find(connection, user) or repository.has_events(connection, user)
    return user if is_known else None


def _show(shop: "ErasedFromShop | None", others: "Erased | None") -> None:
    removed = {**(shop.removed if shop else {}), **(others.removed if others else {})}
    table = Table("store", "removed")
    for store, rows in removed.items():
        table.add_row(store, f"{rows:,}")
    out.print(table)
    if shop and shop.anonymous_orders:
        out.print(f"{shop.anonymous_orders:,} orders remain without a name")
