"""The demonstration with a person: a shop that is filled and trained once and then kept."""

from collections.abc import Callable

import psycopg

from apps.filling.source import Source
from apps.local.demo.display import Display
from apps.local.demo.once import Loop
from apps.local.demo.report import Report
from apps.local.stack import Stack
from ml.registry import repository as registry
from streams.errors import ConfigurationError


def serve(
    stack: Stack, display: Display, source: Callable[[], Source], wanted: str | None
) -> Report:
    """Start the stack; fill and train it unless it has a shop and a live model already.

    Returns:
        What was done; nothing, where the shop and its model were there already.

    Raises:
        ConfigurationError: if it holds another shop than the wanted one.
    """
    stack.up(display.say)
    marker = stack.settings.state_dir / "shop"
    name = wanted or "synthetic"
    loop = Loop(stack, Report(), display)
    if not marker.exists():
        loop.fill(source())
        loop.arrive()
        marker.write_text(name)
    elif wanted and marker.read_text() != name:
        raise ConfigurationError(
            f"this shop is filled from {marker.read_text()}; remove {stack.settings.state_dir} or"
            f" choose another folder with RECSYS_STATE_DIR=… to open one from {wanted}"
        )
    with psycopg.connect(stack.database_url) as connection:
        trained = registry.live_version(connection) is not None
    if not trained:
        loop.train()
    return loop.report
