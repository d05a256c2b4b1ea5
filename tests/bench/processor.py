"""Events per second of the processor's workers, beside a bare loop that validates."""

import os
import random
import signal
import statistics
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from backlog import instants, interactions, rate, wait_until

EVENTS = 150_000
ROUNDS = 3
_FIRST_DAY = datetime.now(UTC) - timedelta(days=ROUNDS + 3)
"""Within the week in which events also count for the trends."""
_KINDS = ("view", "view", "view", "view", "view", "view", "view", "cart", "purchase")


def measure_processor() -> dict[str, Any]:
    """Medians of turns; `share` is one worker's rate divided by that of the bare loop.

    Kafka, PostgreSQL and the workers run, and nothing reads what they publish. The shoppers are the
    same in every turn, so their histories are full in the last one. `two beside one` is how much
    faster two workers are, as long as both have events: of three partitions, one has two.
    """
    from apps.local.stack import Stack
    from support.laptop import RunningStack, local_settings

    dice = random.Random(7)
    rates: dict[str, list[float]] = {"worker": [], "bare": []}
    with tempfile.TemporaryDirectory() as folder:
        running = Stack(local_settings(Path(folder)))
        try:
            running.up(lambda _: None)
            for name in ("restarter", "connect", "encoder", "storefront", "analytics"):
                running._supervisor.stop(name)
            stack = RunningStack(running)
            for turn in range(ROUNDS):
                rates["worker"].append(_workers(stack, dice, turn, 1, EVENTS))
                rates["bare"].append(_bare(stack))
            one, two = (_workers(stack, dice, ROUNDS, count, EVENTS // 2) for count in (1, 2))
        finally:
            running.down(lambda _: None)
    return {
        "worker, events/s": statistics.median(rates["worker"]),
        "bare loop, events/s": statistics.median(rates["bare"]),
        "share": statistics.median(
            here / there for here, there in zip(rates["worker"], rates["bare"], strict=True)
        ),
        "two workers, events/s": two,
        "two beside one": two / one,
        "cores": os.cpu_count(),
    }


def _workers(stack: Any, dice: random.Random, turn: int, workers: int, count: int) -> float:
    """Events per second until so many of a new backlog are saved as done; then all are.

    The workers have their partitions already, and stand still while the backlog is written.
    """
    from streams.contracts import INTERACTIONS
    from streams.publisher import Publisher
    from support.processors import partitions, worker

    events = interactions(dice, _KINDS, instants(_FIRST_DAY + timedelta(days=turn), EVENTS))
    log = stack.stack.settings.logs / "second.log"
    with ExitStack() as resources:
        pids = [stack.stack._supervisor.processes()["processor"].pid]
        probes = []
        for _ in range(workers - 1):
            second = resources.enter_context(worker(stack, log))
            probes.append(second.address)
            pids.append(second.pid)
        wait_until(lambda: all(partitions(each) > 0 for each in probes))
        connection = resources.enter_context(psycopg.connect(stack.database_url, autocommit=True))

        def done() -> int:
            row = connection.execute("select sum(next_offset) from events.progress").fetchone()
            return int(row[0] or 0) if row else 0

        def let_go() -> None:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        with Publisher(stack.kafka) as publisher:
            publisher.publish(INTERACTIONS.public.name, events)
        before = done()
        measured = rate(done, let_go, count)
        wait_until(lambda: done() >= before + EVENTS)
    return measured


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
