"""Rows per second of the sink alone: Kafka, Connect and PostgreSQL run, and nothing else."""

import random
import statistics
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
from backlog import instants, interactions, rate

ROWS = 200_000
ROUNDS = 3


def measure_sink() -> dict[str, Any]:
    """The median of turns, each with a backlog on the validated topic."""
    from apps.local.stack import Stack
    from support.laptop import RunningStack, local_settings

    dice = random.Random(7)
    with tempfile.TemporaryDirectory() as folder:
        running = Stack(local_settings(Path(folder)))
        try:
            running.up(lambda _: None)
            for name in ("restarter", "processor", "storefront", "analytics"):
                running._supervisor.stop(name)
            stack = RunningStack(running)
            _sunk(stack, dice, 10_000)
            rates = [_sunk(stack, dice, ROWS) for _ in range(ROUNDS)]
        finally:
            running.down(lambda _: None)
    return {"rows/s": statistics.median(rates)}


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

        return rate(rows, lambda: httpx.put(f"{connector}/resume").raise_for_status(), count)
