"""The outbox for Prometheus."""

from collections.abc import Iterable

import psycopg
from prometheus_client.core import GaugeMetricFamily, Metric

from apps.storefront.events import repository
from streams.database import Database
from streams.errors import UnavailableError


class OutboxCollector:
    """Reads the outbox whenever Prometheus asks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def describe(self) -> Iterable[Metric]:
        """The names alone."""
        return _gauges()

    def collect(self) -> Iterable[Metric]:
        """The values now; there are none while the database is unavailable."""
        gauges = _gauges()
        try:
            with self._database.connection() as connection:
                backlog = repository.backlog(connection)
        except (psycopg.Error, UnavailableError):
            return gauges
        values = (backlog.waiting, backlog.oldest_seconds, backlog.refused)
        for gauge, value in zip(gauges, values, strict=True):
            gauge.add_metric([], value)
        return gauges


def _gauges() -> tuple[GaugeMetricFamily, GaugeMetricFamily, GaugeMetricFamily]:
    return (
        GaugeMetricFamily("recsys_outbox_waiting", "Events that Kafka does not have yet."),
        GaugeMetricFamily(
            "recsys_outbox_oldest_seconds", "How long the oldest of those events has waited."
        ),
        GaugeMetricFamily(
            "recsys_outbox_refused", "Events that Kafka never takes, kept in the outbox."
        ),
    )
