"""Rows per second of the sink alone: Kafka, Connect and PostgreSQL run, and nothing else."""

import random
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from backlog import Record, instants, interactions

ROWS = 200_000
ROUNDS = 3


def measure_sink() -> dict[str, Any]:
    """The median of turns, from the first event on the topic to the last row in the table."""
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
            _sunk(stack, _views(dice, 10_000))
            rates = [ROWS / _sunk(stack, _views(dice, ROWS)) for _ in range(ROUNDS)]
        finally:
            running.down(lambda _: None)
    return {"rows/s": statistics.median(rates)}


def _views(dice: random.Random, count: int) -> list[Record]:
    return interactions(dice, ["view"], instants(datetime.now(UTC), count))


def _sunk(stack: Any, values: list[Record]) -> float:
    """Seconds until all events are rows."""
    from streams.contracts import INTERACTIONS
    from streams.publisher import Publisher

    with (
        psycopg.connect(stack.database_url, autocommit=True) as connection,
        Publisher(stack.kafka) as publisher,
    ):

        def rows() -> int:
            row = connection.execute("select count(*) from events.interactions").fetchone()
            return int(row[0]) if row else 0

        target = rows() + len(values)
        started = time.perf_counter()
        publisher.publish(INTERACTIONS.valid.name, values)
        while rows() < target:
            time.sleep(0.25)
        return time.perf_counter() - started
