"""Rows per second of the sink alone: Kafka, Connect and PostgreSQL run, and nothing else."""

import random
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

ROWS = 200_000
ROUNDS = 3
_NOW = datetime.now(UTC)


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
            _sunk(stack, _events(dice, 10_000))
            rates = [ROWS / _sunk(stack, _events(dice, ROWS)) for _ in range(ROUNDS)]
        finally:
            running.down(lambda _: None)
    return {"rows/s": statistics.median(rates)}


def _events(dice: random.Random, count: int) -> list[tuple[str, bytes]]:
    from support.interactions import interaction

    events = []
    for number in range(count):
        user, at = f"user-{dice.randrange(10_000)}", _NOW + timedelta(milliseconds=number)
        event = interaction(user, f"i{dice.randrange(5000)}", "view", at, session_id=user)
        events.append((event.key, event.encode()))
    return events


def _sunk(stack: Any, values: list[tuple[str, bytes]]) -> float:
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
