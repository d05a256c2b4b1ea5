"""`recsys products`: what the shopkeeper says of products."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from apps.cli import product_costs
from apps.cli.connections import shop_database_url
from apps.cli.progress import out
from streams.errors import ConfigurationError

if TYPE_CHECKING:
    from psycopg import Connection

    from apps.storefront.catalog.availability_repository import Availability

Item = Annotated[str, typer.Argument(metavar="ITEM", help="The product's id.")]

_group = typer.Typer(
    no_args_is_help=True,
    help="Say which products can be ordered, by stock, regions or hiding them, and what they cost."
    " The database is that of RECSYS_DATABASE_URL, else that of the running stack.",
)


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    product_costs.register(_group)
    cli.add_typer(_group, name="products")


@_group.command()
def hide(item: Item) -> None:
    """Take a product out of the shop: no page shows it, its orders remain."""
    from apps.storefront.catalog.availability_repository import set_hidden

    _change(item, partial(set_hidden, hidden=True))


@_group.command()
def show(item: Item) -> None:
    """Put a hidden product back."""
    from apps.storefront.catalog.availability_repository import set_hidden

    _change(item, partial(set_hidden, hidden=False))


@_group.command()
def stock(
    item: Item,
    number: Annotated[
        int | None,
        typer.Argument(
            metavar="[N]", min=0, max=2**31 - 1, help="How many there are; without it: not counted."
        ),
    ] = None,
) -> None:
    """Say how many there are. Orders take from it, and at 0 the product is sold out."""
    from apps.storefront.catalog.availability_repository import set_stock

    _change(item, partial(set_stock, stock=number))


@_group.command()
def regions(
    item: Item,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[REGION]...", help="Without any: it is sold everywhere."),
    ] = None,
) -> None:
    """Say in which regions a product is sold. A shop's own region is RECSYS_REGION."""
    from apps.storefront.catalog.availability_repository import set_regions

    _change(item, partial(set_regions, regions=names or None))


def _change(item: str, change: "Callable[[Connection[Any], str], Availability | None]") -> None:
    import psycopg

    from streams.database import postgres_errors

    with postgres_errors(), psycopg.connect(shop_database_url()) as connection:
        product = change(connection, item)
    if product is None:
        raise ConfigurationError(f"the catalogue has no product {item}")
    table = Table("item", "product", "stock", "hidden", "regions")
    table.add_row(
        product.item_id,
        product.product_name,
        "not counted" if product.stock is None else f"{product.stock:,}",
        "yes" if product.hidden else "no",
        "all" if product.regions is None else ", ".join(product.regions),
    )
    out.print(table)
