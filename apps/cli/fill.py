"""`recsys fill`: data for an empty shop, on a laptop or in a cluster."""

import tempfile
from pathlib import Path

import typer

from apps.cli.connections import fill_settings
from apps.cli.console import Narrator, out
from apps.cli.synthetic import Interactions, Items, ProductTable, Seed, Users
from apps.filling.feed import Fed
from apps.filling.source import SyntheticSize, dataset, synthetic


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command()(fill)


def fill(
    *,
    data: ProductTable = None,
    users: Users = 1_000,
    items: Items = 2_000,
    interactions: Interactions = 40_000,
    seed: Seed = 0,
) -> None:
    """Fill an empty shop with the synthetic one or a data set; leave alone one with products.

    The shop is that of RECSYS_DATABASE_URL and RECSYS_KAFKA_BOOTSTRAP_SERVERS, over TLS with the
    files of RECSYS_KAFKA_CA_FILE, RECSYS_KAFKA_CERTIFICATE_FILE and RECSYS_KAFKA_KEY_FILE; else
    that of the running stack.
    """
    from apps.filling.fill import fill as bring_in
    from apps.filling.fill import products_in

    settings = fill_settings()
    if there := products_in(settings):
        out.print(f"the shop has {there:,} products: nothing to do")
        return
    narrator = Narrator()

    def waiting(events: int) -> None:
        narrator.whisper(f"{events:,} events are not rows yet")

    try:
        with tempfile.TemporaryDirectory() as name:
            folder, size = Path(name), SyntheticSize(users, items, interactions, seed)
            source = dataset(data, folder, narrator.whisper) if data else synthetic(size, folder)
            narrator.say(f"bringing in the {source.name}")
            fed = bring_in(settings, source, on_feed=narrator.display.feeding, on_wait=waiting)
    finally:
        narrator.close()
    _show(fed, products_in(settings))


def _show(fed: Fed, products: int) -> None:
    out.print(f"the shop has {products:,} products and {fed.events_acknowledged:,} interactions")
    if fed.rejected or fed.repaired:
        out.print(f"{len(fed.rejected):,} rows were refused, {len(fed.repaired):,} repaired")
