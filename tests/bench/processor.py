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
from backlog import instants, interactions, rate

EVENTS = 100_000
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
                rates["worker"].append(_worker(stack, dice, turn))
                rates["bare"].append(_bare(stack))
        finally:
            running.down(lambda _: None)
    return {
        "worker, events/s": statistics.median(rates["worker"]),
        "bare loop, events/s": statistics.median(rates["bare"]),
        "share": statistics.median(
            here / there for here, there in zip(rates["worker"], rates["bare"], strict=True)
        ),
    }


def _worker(stack: Any, dice: random.Random, turn: int) -> float:
    """Events per second until the worker has saved its progress behind all of a new backlog."""
    from streams.contracts import INTERACTIONS
    from streams.publisher import Publisher

    events = interactions(dice, _KINDS, instants(_FIRST_DAY + timedelta(days=turn), EVENTS))
    stack.stack._supervisor.stop("processor")
    with Publisher(stack.kafka) as publisher:
        publisher.publish(INTERACTIONS.public.name, events)
    with psycopg.connect(stack.database_url, autocommit=True) as connection:

        def done() -> int:
            row = connection.execute("select sum(next_offset) from events.progress").fetchone()
            return int(row[0] or 0) if row else 0

        return rate(done, lambda: stack.stack._start("processor", lambda _: None), EVENTS)


def _bare(stack: Any) -> float:
    """Events per second to consume the newest events, validate them and produce them again."""
    from confluent_kafka import Consumer, Producer, TopicPartition

    from streams.contracts import INTERACTIONS, PARTITIONS, Interaction

    topic = INTERACTIONS.public.name
    consumer = Consumer({**stack.kafka.librdkafka, "group.id": str(uuid4())})
    producer = Producer({**stack.kafka.librdkafka, "acks": "all", "enable.idempotence": True})
    starts = []
    for partition in range(PARTITIONS):
        _, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)
        starts.append(high)
    consumed, share = 0, EVENTS // PARTITIONS
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
    return wanted / seconds
