"""What Prometheus reads of the processor; no label says anything of a person."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import Counter, Histogram, start_http_server

from streams.contracts import Channel
from streams.processor.validation import E, Sorted

_PROCESSED = Counter("recsys_events_processed_total", "Events worked off.", ("topic", "outcome"))
_BATCHES = Histogram(
    "recsys_batch_duration_seconds", "Seconds that a batch took, failures left out.", ("topic",)
)


def serve(port: int) -> None:
    """Answer Prometheus on a port of its own."""
    start_http_server(port)


@contextmanager
def timed(channel: Channel) -> Iterator[None]:
    """Observe how long the block takes; one that fails is done again and not observed."""
    started = time.perf_counter()
    yield
    _BATCHES.labels(channel.public.name).observe(time.perf_counter() - started)


def count(channel: Channel, batch: Sorted[E]) -> None:
    """Count a batch that is done."""
    for outcome, events in (("valid", batch.valid), ("dead_letter", batch.dead)):
        _PROCESSED.labels(channel.public.name, outcome).inc(len(events))
