"""Events per second of one worker of the processor, beside a bare loop that validates."""

import random
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

EVENTS = 50_000
SHOPPERS = 10_000
ROUNDS = 3
_FIRST_DAY = datetime.now(UTC) - timedelta(days=ROUNDS + 2)
"""Within the week in which events also count for the trends."""
_KINDS = ("view", "view", "view", "view", "view", "view", "view", "cart", "purchase")


def measure_processor() -> dict[str, Any]:
    """Medians of turns; `share` is the worker's rate divided by that of the bare loop.

    Kafka, PostgreSQL and the worker run, and nothing reads what it publishes. The shoppers are the
    same in every turn, so their histories are full in the last one.
    """
    from apps.local.stack import Stack
    from support.laptop import RunningStack, local_settings

    dice = random.Random(7)
    rates: dict[str, list[float]] = {"worker": [], "bare": []}
    with tempfile.TemporaryDirectory() as folder:
        running = Stack(local_settings(Path(folder)))
        try:
            running.up(lambda _: None)
            for name in ("restarter", "connect", "storefront", "analytics"):
                running._supervisor.stop(name)
            stack = RunningStack(running)
            for turn in range(ROUNDS):
                values = _events(dice, turn)
                rates["worker"].append(len(values) / _processed(stack, values))
                rates["bare"].append(len(values) / _bare(stack, len(values)))
        finally:
            running.down(lambda _: None)
    return {
        "worker, events/s": statistics.median(rates["worker"]),
        "bare loop, events/s": statistics.median(rates["bare"]),
        "share": statistics.median(
            here / there for here, there in zip(rates["worker"], rates["bare"], strict=True)
        ),
    }


def _events(dice: random.Random, turn: int) -> list[tuple[str, bytes]]:
    from support.interactions import interaction

    events = []
    for number in range(EVENTS):
        user, kind = f"user-{dice.randrange(SHOPPERS)}", dice.choice(_KINDS)
        at = _FIRST_DAY + timedelta(days=turn, seconds=number)
        session = f"{user}-{turn}"
        event = interaction(user, f"i{dice.randrange(5000)}", kind, at, session_id=session)
        events.append((event.key, event.encode()))
    return events


def _processed(stack: Any, values: list[tuple[str, bytes]]) -> float:
    """Seconds until the worker has saved its progress behind all events."""
    from streams.contracts import INTERACTIONS
    from streams.publisher import Publisher

    with (
        psycopg.connect(stack.database_url, autocommit=True) as connection,
        Publisher(stack.kafka) as publisher,
    ):

        def done() -> int:
            row = connection.execute("select sum(next_offset) from events.progress").fetchone()
            return int(row[0] or 0) if row else 0

        target = done() + len(values)
        started = time.perf_counter()
        publisher.publish(INTERACTIONS.public.name, values)
        while done() < target:
            time.sleep(0.05)
        return time.perf_counter() - started


def _bare(stack: Any, count: int) -> float:
    """Seconds to consume the newest events, validate them and produce them again."""
    from confluent_kafka import Consumer, Producer, TopicPartition

    from streams.contracts import INTERACTIONS, PARTITIONS, Interaction

    topic = INTERACTIONS.public.name
    consumer = Consumer({**stack.kafka.librdkafka, "group.id": str(uuid4())})
    producer = Producer({**stack.kafka.librdkafka, "acks": "all", "enable.idempotence": True})
    starts = []
    for partition in range(PARTITIONS):
        _, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)
        starts.append(high)
    consumed, share = 0, count // PARTITIONS
    consumer.assign(
        [TopicPartition(topic, number, max(0, high - share)) for number, high in enumerate(starts)]
    )
    wanted = sum(min(high, share) for high in starts)
    started = time.perf_counter()
    while consumed < wanted:
        for message in consumer.consume(1000, timeout=1):
            event = Interaction.decode(message.value())
            producer.produce(INTERACTIONS.valid.name, event.encode(), event.key.encode())
            consumed += 1
        producer.poll(0)
    producer.flush()
    seconds = time.perf_counter() - started
    consumer.close()
    return seconds * count / wanted
