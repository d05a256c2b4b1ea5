"""The processor's metrics for Prometheus; no label holds personal data."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from prometheus_client import Counter, Gauge, Histogram, start_http_server

from streams.contracts import Channel
from streams.processor.validation import E, ValidatedBatch
from streams.sink.connectors import SINKS

_PROCESSED = Counter("recsys_events_processed_total", "Events worked off.", ("topic", "outcome"))
_BATCHES = Histogram(
    "recsys_batch_duration_seconds", "Seconds that a batch took, failures left out.", ("topic",)
)
_MISSING = Gauge(
    "recsys_events_missing",
    "Records that were accepted and are neither a row nor a dead letter.",
    ("topic",),
)
_RECONCILED_AT = Gauge(
    "recsys_reconciliation_last_success_timestamp_seconds",
    "When topics and tables were compared last, in seconds since 1970; 0: not by this worker.",
)

ALIVE = Gauge("recsys_processor_alive", "1 while offsets move or there is no lag, else 0.")


def serve(port: int) -> None:
    """Serve the metrics on a port."""
    start_http_server(port)


@contextmanager
def timed(channel: Channel) -> Iterator[None]:
    """Observe the duration of the block; one that fails is tried again and not observed."""
    started = time.perf_counter()
    yield
    _BATCHES.labels(channel.public.name).observe(time.perf_counter() - started)


def count(channel: Channel, batch: ValidatedBatch[E]) -> None:
    """Count the events of a finished batch."""
    for outcome, events in (
        ("valid", len(batch.valid)),
        ("dead_letter", len(batch.dead_letters)),
        ("erased", len(batch.erased)),
    ):
        _PROCESSED.labels(channel.public.name, outcome).inc(events)


def show_missing(records: Mapping[str, int]) -> None:
    """Show the number of missing records by topic, and that it is of now."""
    for sink in SINKS:
        for topic in (sink.channel.public, sink.channel.valid):
            _MISSING.labels(topic.name).set(records.get(topic.name, 0))
    _RECONCILED_AT.set_to_current_time()


def hide_missing() -> None:
    """Show no number, because another worker does."""
    _MISSING.clear()
