"""The thread that sends what waits in the outbox, and how much waits."""

import threading
from collections.abc import Iterable
from itertools import groupby

import psycopg
import structlog
from prometheus_client.core import GaugeMetricFamily, Metric
from pybreaker import CircuitBreaker, CircuitBreakerError

from apps.storefront.events import repository
from apps.storefront.events.publishing import PUBLISHED, Publishes, is_closed
from streams.database import Database
from streams.errors import PublishError, UnavailableError

_log = structlog.get_logger(__name__)

_BATCH_SIZE = 500
_IDLE_SECONDS = 1.0


class OutboxRelay:
    """Empties the outbox in order; there is one per worker, and one at a time is at work.

    Args:
        database: where the outbox is.
        publisher: where its records go.
        breaker: closed when the outbox is empty and Kafka took what was in it.
        stored: set by others to wake the relay before its next round.
    """

    def __init__(
        self,
        database: Database,
        publisher: Publishes,
        breaker: CircuitBreaker,
        stored: threading.Event,
    ) -> None:
        self._database = database
        self._publisher = publisher
        self._breaker = breaker
        self._stored = stored
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="outbox-relay", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Let the thread finish its round and end."""
        self._stopped.set()
        self._stored.set()
        if self._thread.is_alive():
            self._thread.join()

    def drain(self) -> int | None:
        """Send everything that waits, oldest first, and count it; None if another relay is at it.

        Raises:
            PublishError: if Kafka did not acknowledge; what it had is then sent again, same ids.
            UnavailableError: if PostgreSQL does not answer.
        """
        sent = 0
        while batch := self._send_batch():
            sent += batch
        return None if batch is None else sent

    def _send_batch(self) -> int | None:
        with self._database.connection() as connection:
            if not repository.lock(connection):
                return None
            records = repository.oldest(connection, _BATCH_SIZE)
            for topic, run in groupby(records, key=lambda record: record.topic):
                sent = self._publisher.publish(topic, [(r.key, r.payload.encode()) for r in run])
                PUBLISHED.labels(topic, "outbox").inc(sent)
            repository.remove(connection, [record.event_id for record in records])
        return len(records)

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._stored.wait(_IDLE_SECONDS)
            self._stored.clear()
            try:
                self._attempt()
            except CircuitBreakerError:  # the pause after a failure is not over
                self._stopped.wait(_IDLE_SECONDS / 4)
            except PublishError as error:
                _log.info("the outbox waits for Kafka", reason=str(error))
            except (psycopg.Error, UnavailableError) as error:
                _log.warning("the outbox cannot be read", reason=type(error).__name__)
                self._stopped.wait(_IDLE_SECONDS)

    def _attempt(self) -> None:
        """Send what waits. Only an attempt that reached Kafka closes an open breaker."""
        if is_closed(self._breaker):
            try:
                self.drain()
            except PublishError:
                self._breaker.open()
                raise
            return
        with self._breaker.calling():
            if self.drain() is None:
                raise PublishError("another relay is at work, so this one has not tried")


class OutboxCollector:
    """The outbox for Prometheus, counted whenever it asks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def describe(self) -> Iterable[Metric]:
        """The name alone."""
        return (self._gauge(),)

    def collect(self) -> Iterable[Metric]:
        """The value now; there is none while the database is unavailable."""
        gauge = self._gauge()
        try:
            with self._database.connection() as connection:
                gauge.add_metric([], repository.waiting(connection))
        except (psycopg.Error, UnavailableError):
            pass
        return (gauge,)

    @staticmethod
    def _gauge() -> GaugeMetricFamily:
        return GaugeMetricFamily("recsys_outbox_waiting", "Events that Kafka does not have yet.")
