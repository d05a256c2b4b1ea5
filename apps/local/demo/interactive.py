"""The demonstration with a person: a shop that is filled and trained once and then kept."""

from collections.abc import Callable

import psycopg

from apps.filling.source import Source
from apps.local.demo.display import Display
from apps.local.demo.once import Loop
from apps.local.demo.report import Report
from apps.local.stack import Stack
from apps.storefront.catalog.repository import product_count
from ml.registry import repository as registry
from streams.errors import ConfigurationError


def serve(
    stack: Stack, display: Display, source: Callable[[], Source], dataset: str | None
) -> Report:
    """Start the stack; fill the shop unless it has products, train unless a model is live.

    Args:
        stack: to be started, or running.
        display: shows each step, those left out among them.
        source: makes what an empty shop is filled with.
        dataset: where that comes from; None for the synthetic shop.

    Returns:
        What was done; nothing, where the shop had its products and its model already.

    Raises:
        ConfigurationError: a data set is given, but the shop has other products.
    """
    stack.up(display.say)
    loop = Loop(stack, Report(), display)
    with psycopg.connect(stack.database_url) as connection:
        products = product_count(connection)
        live = registry.live_version(connection)
    origin = stack.settings.state_dir / "shop"
    if not products:
        loop.fill(source())
        origin.write_text(dataset or "synthetic")
    elif dataset and not (origin.exists() and origin.read_text() == dataset):
        raise ConfigurationError(
            f"this shop already has {products:,} products; to open one from {dataset}, remove"
            f" {stack.settings.state_dir} or choose another folder with RECSYS_STATE_DIR=…"
        )
    else:
        display.say(f"the shop has {products:,} products: nothing is added to its catalogue")
    if not products or live is None:
        loop.arrive()
    if live is None:
        loop.train()
    else:
        display.say(f"model {live} is live: no training is needed")
    return loop.report
