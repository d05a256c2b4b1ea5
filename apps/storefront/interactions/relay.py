"""The thread that sends what waits in the outbox."""

import threading
from itertools import groupby

import psycopg
import structlog

from apps.storefront.database import Database
from apps.storefront.interactions import repository
from apps.storefront.interactions.circuit import Circuit
from apps.storefront.interactions.publishing import Publishes
from apps.storefront.metrics import PUBLISHED
from streams.errors import PublishError

_log = structlog.get_logger(__name__)

_BATCH = 500
_IDLE_SECONDS = 1.0


class Relay:
    """Empties the outbox in order; one a worker, of which one at a time is at work.

    Args:
        database: where the outbox is.
        publisher: where its records go.
        circuit: closed when the outbox is empty and Kafka took what was in it.
        stored: set by others to wake the relay before its next round.
    """

    def __init__(
        self, database: Database, publisher: Publishes, circuit: Circuit, stored: threading.Event
    ) -> None:
        self._database = database
        self._publisher = publisher
        self._circuit = circuit
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
            psycopg.Error: if PostgreSQL does not answer.
        """
        sent = 0
        while batch := self._send_batch():
            sent += batch
        return None if batch is None else sent

    def _send_batch(self) -> int | None:
        with self._database.connection() as connection:
            if not repository.lock(connection):
                return None
            records = repository.oldest(connection, _BATCH)
            for topic, run in groupby(records, key=lambda record: record.topic):
                sent = self._publisher.publish(topic, [(r.key, r.payload.encode()) for r in run])
                PUBLISHED.labels(topic, "outbox").inc(sent)
            repository.remove(connection, [record.event_id for record in records])
        return len(records)

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._stored.wait(_IDLE_SECONDS)
            self._stored.clear()
            if not self._circuit.may_retry:
                self._stopped.wait(_IDLE_SECONDS / 4)
                continue
            try:
                sent = self.drain()
            except PublishError:
                self._circuit.open()
            except psycopg.Error as error:
                _log.warning("the outbox cannot be read", reason=type(error).__name__)
                self._stopped.wait(_IDLE_SECONDS)
            else:
                if sent is not None:
                    self._circuit.close()
