"""The two ways to run the demonstration: once without a person, or as a shop that stays open."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg

from apps.filling.source import Source
from apps.local.demo.loop import Loop
from apps.local.demo.report import Report
from apps.local.stack import Stack
from apps.storefront.catalog.repository import product_count
from ml.registry.repository import live_version
from streams.errors import ConfigurationError


def run_once(
    stack: Stack,
    source: Source,
    *,
    scripted: bool,
    kill: Sequence[str],
    towers: Mapping[str, Any],
    write_to: Path | None,
    on_step: Callable[[str], None],
    on_status: Callable[[str], None],
) -> Report:
    """Start the stack, go through the loop, and stop the stack.

    Args:
        stack: a stack that holds no shop yet.
        source: what the shop is filled with.
        scripted: whether scripted shoppers then visit the shop.
        kill: components that are killed while events are under way.
        towers: their hyper-parameters that differ from the defaults.
        write_to: where the report is written as JSON, also after a failure.
        on_step: called with each step, in words.
        on_status: called with the status of the present step, in words.
    """
    report = Report()
    try:
        with report.phase("start"):
            stack.up(on_step)
        loop = Loop(stack, report, on_step=on_step, on_status=on_status)
        loop.load(source)
        loop.wait_until_stored(kill)
        loop.train(towers)
        if scripted:
            loop.shop(towers)
        loop.read_back(source)
        loop.check_counts()
    except BaseException as error:
        report.check("the run was completed", held=False, found=error)
        raise
    finally:
        with report.phase("stop"):
            stack.down(on_step)
        if write_to:
            write_to.parent.mkdir(parents=True, exist_ok=True)
            write_to.write_text(report.model_dump_json(indent=2))
    return report


def serve(
    stack: Stack,
    source: Callable[[], Source],
    dataset: str | None,
    *,
    towers: Mapping[str, Any],
    on_step: Callable[[str], None],
    on_status: Callable[[str], None],
) -> Report:
    """Start the stack; fill the shop unless it has products, train unless a model is live.

    Args:
        stack: to be started, or running.
        source: makes what an empty shop is filled with.
        dataset: where that comes from; None for the synthetic shop.
        towers: their hyper-parameters that differ from the defaults.
        on_step: called with each step, in words; also with those that are not needed.
        on_status: called with the status of the present step, in words.

    Returns:
        What was done; an empty report where the shop had its products and its model already.

    Raises:
        ConfigurationError: a data set is given, but the shop has other products.
    """
    stack.up(on_step)
    loop = Loop(stack, Report(), on_step=on_step, on_status=on_status)
    with psycopg.connect(stack.database_url) as connection:
        products = product_count(connection)
        live = live_version(connection)
    origin = stack.settings.state_dir / "shop"
    if not products:
        loop.load(source())
        origin.write_text(dataset or "synthetic")
    elif dataset and not (origin.exists() and origin.read_text() == dataset):
        raise ConfigurationError(
            f"this shop already has {products:,} products; to open one from {dataset}, remove"
            f" {stack.settings.state_dir} or choose another folder with RECSYS_STATE_DIR=…"
        )
    else:
        on_step(f"the shop has {products:,} products: nothing is added to its catalogue")
    if not products or live is None:
        loop.wait_until_stored()
    if live is None:
        loop.train(towers)
    else:
        on_step(f"model {live} is live: no training is needed")
    return loop.report
