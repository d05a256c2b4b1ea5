"""`recsys search`: synonyms, the catalogue's language, and how well the search finds."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from apps.cli.connections import running_stack, shop_database_url
from apps.cli.progress import out
from streams.errors import ConfigurationError

if TYPE_CHECKING:
    from apps.search_evaluation.evaluating import Row
    from ml.evaluation.estimates import Interval

_TIMEOUT_SECONDS = 10.0

_group = typer.Typer(
    no_args_is_help=True,
    help="The search: synonyms, language, and labelled queries."
    " The database is that of RECSYS_DATABASE_URL, else that of the running stack.",
)


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    cli.add_typer(_group, name="search")


@_group.command()
def synonyms(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]",
            help="YAML or JSON; takes the place of those that the shop uses.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether the file keeps the contract.")
    ] = False,
    write: Annotated[
        Path | None, typer.Option(help="Write those that the shop uses to this file.")
    ] = None,
) -> None:
    """Show, check or load synonyms."""
    import psycopg
    import yaml

    from apps.storefront.search.synonyms import read_synonyms
    from apps.storefront.search.vocabulary_repository import source, store_synonyms
    from streams.database import postgres_errors

    if file and check:
        read = read_synonyms(file.read_text(encoding="utf-8"))
    else:
        with postgres_errors(), psycopg.connect(shop_database_url()) as connection:
            if file:
                read = read_synonyms(file.read_text(encoding="utf-8"))
                store_synonyms(connection, read)
            else:
                read = source(connection).synonyms
    if write:
        write.write_text(yaml.safe_dump(read.model_dump(mode="json")), encoding="utf-8")
    out.print(f"{len(read.equivalent)} groups and {len(read.broader)} broader phrases")


@_group.command()
def language(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Such as english or german.")],
) -> None:
    """Say in which language the catalogue is, by the name of PostgreSQL's text search."""
    import psycopg

    from apps.storefront.search.vocabulary_repository import set_language
    from streams.database import postgres_errors

    with postgres_errors(), psycopg.connect(shop_database_url()) as connection:
        try:
            set_language(connection, name)
        except psycopg.errors.UndefinedObject as error:
            raise ConfigurationError(f"PostgreSQL has no text search in {name}") from error
    out.print(f"the words of all products are stemmed in {name}")


@_group.command()
def evaluate(
    *,
    encoder_url: Annotated[
        str | None,
        typer.Option(
            envvar="RECSYS_ENCODER_URL", help="Of the encoder; else that of the running stack."
        ),
    ] = None,
    queries: Annotated[int, typer.Option(min=1, help="Of each kind, at most.")] = 200,
    seed: Annotated[int, typer.Option(help="Of the queries.")] = 0,
    split: Annotated[str, typer.Option(help="validation, to choose by, or test.")] = "test",
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Measure full text, vectors and both on queries made of the catalogue: NDCG@10."""
    from apps.search_evaluation.evaluating import evaluate as measure
    from apps.search_evaluation.labelled_queries import SPLITS, QueryMaker
    from apps.storefront.catalog.repository import sold_products
    from apps.storefront.search.encoder_client import EncoderClient
    from streams.database import Database

    if split not in SPLITS:
        raise ConfigurationError(f"--split is one of {', '.join(SPLITS)}")
    database = Database(shop_database_url(), connections=2, timeout=_TIMEOUT_SECONDS)
    with database.reading() as connection:
        products = sold_products(connection)
    rows = measure(
        database,
        EncoderClient(
            encoder_url or running_stack().components["encoder"].address, _TIMEOUT_SECONDS
        ),
        list(QueryMaker(products, seed=seed, split=split).make(queries)),
    )
    database.close()
    if as_json:
        out.print_json(data=[asdict(row) for row in rows])
    else:
        out.print(_table(rows))


def _table(rows: "list[Row]") -> Table:
    table = Table("queries", "", "full text", "vectors", "both", "over text", "over vectors")
    for row in rows:
        table.add_row(
            row.kind,
            str(row.queries),
            *(f"{each.mean:.3f}" for each in (row.full_text, row.vectors, row.hybrid)),
            _interval(row.over_full_text),
            _interval(row.over_vectors),
        )
    return table


def _interval(found: "Interval") -> str:
    return f"{found.low:+.2f}…{found.high:+.2f}"
