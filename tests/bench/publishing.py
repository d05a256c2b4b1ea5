"""Publishing one event at a time, by one thread and by eight, beside a bare produce and flush."""

import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

THREADS = 8
TURNS = 5
_CALLS = 200
_REQUESTS_PER_SECOND = 200
_VALUE = b"x" * 300

Publish = Callable[[], object]


def measure_publishing() -> dict[str, Any]:
    """p50 and p95 in milliseconds: back to back, and at the pace of requests; medians of turns.

    `times_as_many` is the ratio of the events per second of eight threads to those of the bare one.
    """
    from confluent_kafka import Producer

    from streams.contracts import INTERACTIONS
    from streams.publisher import Publisher
    from support.broker import running_broker

    topic = INTERACTIONS.public.name
    with (
        tempfile.TemporaryDirectory() as folder,
        running_broker(Path(folder)) as broker,
        Publisher(broker.kafka) as publisher,
    ):
        producer = Producer(publisher._configuration)

        def bare() -> None:
            producer.produce(topic, _VALUE, b"user")
            producer.flush()

        def ours() -> None:
            publisher.publish(topic, [("user", _VALUE)])

        bare()
        ours()
        works: dict[str, tuple[Publish, int, float]] = {
            "bare, 1 thread": (bare, 1, 0.0),
            "ours, 1 thread": (ours, 1, 0.0),
            f"ours, {THREADS} threads": (ours, THREADS, 0.0),
            "bare, 1 thread, paced": (bare, 1, 1 / _REQUESTS_PER_SECOND),
            f"ours, {THREADS} threads, paced": (ours, THREADS, THREADS / _REQUESTS_PER_SECOND),
        }
        turns = {name: _Turns() for name in works}
        for _ in range(TURNS):
            for name, work in works.items():
                turns[name].add(*work)
    figures: dict[str, Any] = {
        f"{name}, p{share}, ms": statistics.median(measured.percentiles[share])
        for name, measured in turns.items()
        for share in (50, 95)
    }
    many, one = turns[f"ours, {THREADS} threads"], turns["bare, 1 thread"]
    figures["times_as_many"] = statistics.median(
        here / there for here, there in zip(many.rates, one.rates, strict=True)
    )
    paced, peer = turns[f"ours, {THREADS} threads, paced"], turns["bare, 1 thread, paced"]
    figures["added_p95_ms"] = statistics.median(
        here - there
        for here, there in zip(paced.percentiles[95], peer.percentiles[95], strict=True)
    )
    return figures


class _Turns:
    """One work in all turns: its percentiles in milliseconds, and its calls per second."""

    def __init__(self) -> None:
        self.percentiles: dict[int, list[float]] = {50: [], 95: []}
        self.rates: list[float] = []

    def add(self, publish: Publish, threads: int, pause: float) -> None:
        started = time.perf_counter()
        taken = _seconds(publish, threads, pause)
        self.rates.append(len(taken) / (time.perf_counter() - started))
        cuts = statistics.quantiles(taken, n=100)
        for share, found in self.percentiles.items():
            found.append(cuts[share - 1] * 1e3)


def _seconds(publish: Publish, threads: int, pause: float) -> list[float]:
    """How long each call took; threads that pause do not start all at once."""
    found: list[float] = []

    def work(place: int) -> None:
        due = time.perf_counter() + pause * place / threads
        taken = []
        for _ in range(_CALLS):
            due += pause
            if pause:
                time.sleep(max(0.0, due - time.perf_counter()))
            started = time.perf_counter()
            publish()
            taken.append(time.perf_counter() - started)
        found.extend(taken)

    workers = [threading.Thread(target=work, args=(place,)) for place in range(threads)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    return found
