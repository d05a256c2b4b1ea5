"""Rows per second of the sink: alone, and beside everything else."""

import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
from backlog import instants, interactions, rate, wait_until

ROWS = 200_000
ROUNDS = 3
_REQUESTS_PER_SECOND = 10
_ITEMS = 200


def measure_sink() -> dict[str, Any]:
    """Medians of turns, each with a backlog on the validated topic.

    Alone, Kafka, Connect and PostgreSQL run and nothing else; then every component runs, and
    visitors are in the shop.
    """
    from apps.local.stack import Stack
    from support.laptop import RunningStack, local_settings

    dice = random.Random(7)
    with tempfile.TemporaryDirectory() as folder:
        running = Stack(local_settings(Path(folder)))
        try:
            running.up(lambda _: None)
            for name in ("restarter", "processor", "encoder", "storefront", "analytics"):
                running._supervisor.stop(name)
            stack = RunningStack(running)
            _sunk(stack, dice, ROWS)
            alone = [_sunk(stack, dice, ROWS) for _ in range(ROUNDS)]
            running.up(lambda _: None)
            with _visitors(stack):
                beside = [_sunk(stack, dice, ROWS) for _ in range(ROUNDS)]
        finally:
            running.down(lambda _: None)
    return {
        "alone, rows/s": statistics.median(alone),
        "beside everything, rows/s": statistics.median(beside),
        "cores": os.cpu_count(),
    }


def _sunk(stack: Any, dice: random.Random, count: int) -> float:
    """Rows per second until all of a new backlog are there."""
    from streams.contracts import INTERACTIONS
    from streams.publisher import Publisher
    from streams.sink.connectors import SINKS

    (name,) = [sink.connector for sink in SINKS if sink.channel is INTERACTIONS]
    connector = f"{stack.connect_url}/connectors/{name}"
    httpx.put(f"{connector}/pause").raise_for_status()
    events = interactions(dice, ["view"], instants(datetime.now(UTC), count))
    with Publisher(stack.kafka) as publisher:
        publisher.publish(INTERACTIONS.valid.name, events)
    with psycopg.connect(stack.database_url, autocommit=True) as connection:

        def rows() -> int:
            row = connection.execute("select count(*) from events.interactions").fetchone()
            return int(row[0]) if row else 0

        def resume() -> None:
            before = rows()
            httpx.put(f"{connector}/resume").raise_for_status()
            wait_until(lambda: rows() > before)  # tasks take a second to start

        return rate(rows, resume, count)


@contextmanager
def _visitors(stack: Any) -> Iterator[None]:
    """A load on the shop, which has some products."""
    from apps.storefront.catalog.repository import upsert_products
    from streams.contracts import Product

    products = [
        Product(
            item_id=f"i{number}",
            product_name=f"Product {number}",
            actual_price=3.0,
            arrival_date=datetime(2020, 1, 1, tzinfo=UTC),
        )
        for number in range(_ITEMS)
    ]
    with psycopg.connect(stack.database_url) as connection:
        upsert_products(connection, products)
    recsys = Path(sys.executable).with_name("recsys")
    options = ["--rate", str(_REQUESTS_PER_SECOND), "--seconds", "600"]
    load = subprocess.Popen(
        [recsys, "load", *options],
        env=stack.cli_environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
        assert load.poll() is None, "the visitors have left"
    finally:
        load.kill()
        load.wait()
