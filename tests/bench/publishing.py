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
    """p50 and p95 in milliseconds: back to back, and at the pace of requests.

    The ratio is that of the events per second of eight threads to those of the bare one.
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
        seconds: dict[str, list[float]] = {name: [] for name in works}
        rates: dict[str, list[float]] = {name: [] for name in works}
        for _ in range(TURNS):
            for name, work in works.items():
                started = time.perf_counter()
                taken = _seconds(*work)
                rates[name].append(len(taken) / (time.perf_counter() - started))
                seconds[name] += taken
    figures: dict[str, Any] = {
        f"{name}, p{share}, ms": statistics.quantiles(taken, n=100)[share - 1] * 1e3
        for name, taken in seconds.items()
        for share in (50, 95)
    }
    ours_8, bare_1 = rates[f"ours, {THREADS} threads"], rates["bare, 1 thread"]
    figures["times_as_many"] = statistics.median(
        here / there for here, there in zip(ours_8, bare_1, strict=True)
    )
    figures["added_p95_ms"] = (
        figures[f"ours, {THREADS} threads, paced, p95, ms"]
        - figures["bare, 1 thread, paced, p95, ms"]
    )
    return figures


def _seconds(publish: Publish, threads: int, pause: float) -> list[float]:
    """How long each call took."""
    found: list[float] = []

    def work() -> None:
        due = time.perf_counter()
        taken = []
        for _ in range(_CALLS):
            due += pause
            if pause:
                time.sleep(max(0.0, due - time.perf_counter()))
            started = time.perf_counter()
            publish()
            taken.append(time.perf_counter() - started)
        found.extend(taken)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    return found
