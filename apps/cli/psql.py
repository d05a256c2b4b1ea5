"""`recsys psql`: SQL on the database, as a role that may only read."""

import os
import shutil
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from apps.cli.connections import analyst_database_url
from apps.cli.progress import out
from streams.database import postgres_errors
from streams.errors import ConfigurationError, ContractError


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command()(psql)


def psql(
    statement: Annotated[
        str | None, typer.Option("-c", "--command", metavar="SQL", help="Run this, and end.")
    ] = None,
) -> None:
    """Open psql on the database as the role analyst, which may only read.

    The database is that of RECSYS_ANALYST_DATABASE_URL, else that of the running stack. Without
    the program psql, -c prints the rows as a table.
    """
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    url = analyst_database_url()
    if program := shutil.which("psql"):
        values = conninfo_to_dict(url)
        # Everybody on this machine can read a command line.
        environment = {**os.environ, "PGPASSWORD": str(values.pop("password", ""))}
        command = [program, "--dbname", make_conninfo("", **values)]
        os.execve(program, command + (["-c", statement] if statement else []), environment)  # noqa: S606 - psql itself, without a shell
    if statement is None:
        raise ConfigurationError(
            "psql is not installed: install it (Debian: apt-get install postgresql-client), or"
            " give a statement: recsys psql -c SQL"
        )
    _run(url, statement)


def _run(url: str, statement: str) -> None:
    import psycopg

    with postgres_errors(), psycopg.connect(url) as connection:
        try:
            cursor = connection.execute(statement.encode())
        except psycopg.OperationalError:
            raise
        except psycopg.Error as error:
            raise ContractError(str(error)) from error
        if cursor.description is None:
            out.print(cursor.statusmessage, markup=False)
            return
        table = Table()
        for column in cursor.description:
            table.add_column(Text(column.name))
        for row in cursor:
            table.add_row(*(Text("" if value is None else str(value)) for value in row))
        out.print(table)
