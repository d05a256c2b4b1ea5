"""`recsys fill`: load data into an empty shop, on a laptop or in a cluster."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from apps.cli.connections import fill_settings
from apps.cli.inputs import (
    SYNTHETIC,
    InteractionCount,
    ItemCount,
    LastDay,
    ProductTable,
    ShopSeed,
    UserCount,
    synthetic_config,
)
from apps.cli.progress import ProgressDisplay, out
from apps.filling.source import Source, dataset, synthetic

if TYPE_CHECKING:
    from apps.filling.loader import LoadReport


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command()(fill)


def fill(
    *,
    data: ProductTable = None,
    users: UserCount = SYNTHETIC.n_users,
    items: ItemCount = SYNTHETIC.n_items,
    interactions: InteractionCount = SYNTHETIC.n_interactions,
    seed: ShopSeed = SYNTHETIC.seed,
    last_day: LastDay = None,
) -> None:
    """Fill an empty shop with the synthetic shop or a data set; a shop with products is kept.

    The shop is that of RECSYS_DATABASE_URL and RECSYS_KAFKA_BOOTSTRAP_SERVERS, over TLS with the
    files of RECSYS_KAFKA_CA_FILE, RECSYS_KAFKA_CERTIFICATE_FILE and RECSYS_KAFKA_KEY_FILE. Without
    these variables it is the shop of the running stack.
    """
    config = synthetic_config(users, items, interactions, seed, last_day)

    def source(folder: Path, on_status: Callable[[str], None]) -> Source:
        return dataset(data, folder, on_status) if data else synthetic(config, folder)

    fill_from(source)


def fill_from(make: Callable[[Path, Callable[[str], None]], Source]) -> "LoadReport | None":
    """Load a source into the shop unless it has products, and print what became of it.

    Args:
        make: called with a folder for files and a callback of progress, if the shop is empty.

    Returns:
        None for a shop that has products.
    """
    from apps.filling.fill import fill as load
    from apps.filling.fill import products_in

    settings = fill_settings()
    if products := products_in(settings):
        out.print(f"the shop already has {products:,} products: nothing was changed")
        return None
    with ProgressDisplay() as display, tempfile.TemporaryDirectory() as name:
        source = make(Path(name), display.status)
        display.step(f"loading the {source.name}")
        report = load(
            settings,
            source,
            on_load=lambda report: display.status(str(report)),
            on_wait=lambda events: display.status(f"{events:,} events are not stored yet"),
        )
    out.print(
        f"the shop has {products_in(settings):,} products"
        f" and {report.events_acknowledged:,} interactions"
    )
    if report.events_in_future:
        out.print(
            f"{report.events_in_future:,} sign-ups and interactions lie in the future, by this"
            " machine's clock, and were left out"
        )
    if report.rejected or report.repaired:
        out.print(
            f"{len(report.rejected):,} rows were rejected, {len(report.repaired):,} were repaired"
        )
    return report
