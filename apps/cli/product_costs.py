"""`recsys products cost` and `costs`: what products cost the shop."""

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer

from apps.cli.connections import shop_database_url
from apps.cli.progress import out
from streams.errors import ConfigurationError, ContractError

_MAX_NAMED = 5

Item = Annotated[str, typer.Argument(metavar="ITEM", help="The product's id.")]


def register(group: typer.Typer) -> None:
    """Add the commands to those of products."""
    group.command()(cost)
    group.command()(costs)


def cost(
    item: Item,
    amount: Annotated[
        str | None,
        typer.Argument(
            metavar="[AMOUNT]", help="Of one unit, such as 7.50; without it: not known."
        ),
    ] = None,
) -> None:
    """Say what a product costs the shop, for rules that name products by their margin."""
    found = None if amount is None else _amount(amount)
    _set({item: found})
    out.print(f"{item}: {'not known' if found is None else f'{found:,.2f}'}")


def costs(
    file: Annotated[
        Path | None,
        typer.Argument(help="A CSV file with the columns item_id and cost.", dir_okay=False),
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write a file with all products and their costs.", dir_okay=False
        ),
    ] = None,
) -> None:
    """Say what many products cost; a cost that is empty is not known. All of it counts, or none."""
    if (file is None) == (write is None):
        raise ConfigurationError("give a file with costs, or --write FILE")
    if write:
        _write(write)
        return
    assert file
    found = _read(file)
    _set(found)
    known = sum(each is not None for each in found.values())
    out.print(f"{known:,} costs, {len(found) - known:,} of products whose cost is not known")


def _write(file: Path) -> None:
    import csv

    import psycopg

    from apps.storefront.catalog.cost_repository import every_cost
    from streams.database import postgres_errors

    with postgres_errors(), psycopg.connect(shop_database_url()) as connection:
        rows = every_cost(connection)
    try:
        with file.open("x", encoding="utf-8", newline="") as opened:
            csv.writer(opened).writerows([("item_id", "product_name", "cost"), *rows])
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be written: {error.strerror}") from None
    out.print(f"{file} has {len(rows):,} products")


def _read(file: Path) -> dict[str, Decimal | None]:
    """The costs of a file by item id.

    Raises:
        ContractError: it has no costs, or a row cannot be read.
    """
    from ml.data.csv_file import CsvFile
    from ml.data.fields import RejectedRow

    opened = CsvFile.open(file, ("item_id", "cost"), one_line=("item_id", "cost"))
    item_at, cost_at = opened.columns["item_id"], opened.columns["cost"]
    found: dict[str, Decimal | None] = {}
    refused: list[str] = []
    for row in opened:
        if isinstance(row, RejectedRow):
            refused.append(f"line {row.line}: {row.reason}")
            continue
        item_id, text = row.fields[item_at].strip(), row.fields[cost_at].strip()
        try:
            amount = _amount(text) if text else None
        except ConfigurationError as error:
            refused.append(f"line {row.line}: {error}")
            continue
        if not item_id or item_id in found:
            refused.append(
                f"line {row.line}: the item id is {'there twice' if item_id else 'empty'}"
            )
            continue
        found[item_id] = amount
    if refused:
        more = f"; and {len(refused) - _MAX_NAMED:,} more" if len(refused) > _MAX_NAMED else ""
        raise ContractError(f"{file}: {'; '.join(refused[:_MAX_NAMED])}{more}")
    if not found:
        raise ContractError(f"{file} has no costs")
    return found


def _amount(text: str) -> Decimal:
    from pydantic import TypeAdapter, ValidationError

    from streams.contracts.money import Money

    try:
        amount: Decimal = TypeAdapter(Money).validate_python(Decimal(text))
    except (InvalidOperation, ValidationError):
        raise ConfigurationError(
            f"{text!r} is no cost: give an amount from 0 on with at most two decimal places"
        ) from None
    return amount


def _set(costs: dict[str, Decimal | None]) -> None:
    import psycopg

    from apps.storefront.catalog.cost_repository import set_costs
    from streams.database import postgres_errors

    with postgres_errors(), psycopg.connect(shop_database_url()) as connection:
        set_costs(connection, costs)
