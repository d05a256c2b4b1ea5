"""The thread that sends what waits in the outbox."""

import threading
from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg
import structlog
from psycopg import Connection
from pybreaker import CircuitBreaker, CircuitBreakerError

from apps.storefront.events import repository
from apps.storefront.events.publishing import PUBLISHED, Publishes, is_closed
from apps.storefront.events.repository import Record
from streams.database import Database
from streams.errors import PublishError, RecordRefusedError, UnavailableError

_log = structlog.get_logger(__name__)

_BATCH_SIZE = 500
_IDLE_SECONDS = 1.0
_CONNECT_SECONDS = 2.0


class OutboxRelay:
    """Empties the outbox in order; there is one per worker, and one at a time is at work.

    Args:
        database: where the outbox is.
        publisher: where its records go.
        breaker: closed when Kafka answers and the outbox is empty, or another relay empties it.
        stored: set by others to wake the relay before its next round.
        timeout: seconds that Kafka has to acknowledge a batch.
    """

    def __init__(
        self,
        database: Database,
        publisher: Publishes,
        breaker: CircuitBreaker,
        stored: threading.Event,
        *,
        timeout: float,
    ) -> None:
        self._database = database
        self._publisher = publisher
        self._breaker = breaker
        self._stored = stored
        self._timeout = timeout
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
        """Send everything that waits, in order, and count it; None if another relay is at it.

        A topic that takes nothing does not keep back the records of others.

        Raises:
            PublishError: a topic did not acknowledge; what it had is then sent again, in the same
                order and with the same ids.
            UnavailableError: PostgreSQL does not answer.
        """
        sent = 0
        failures: dict[str, PublishError] = {}
        while True:
            with self._database.connection() as connection:
                if not repository.lock(connection):
                    return None
                records = repository.oldest(connection, _BATCH_SIZE, without=list(failures))
                for topic, batch in _by_topic(records).items():
                    try:
                        sent += self._send(connection, topic, batch)
                    except PublishError as error:
                        failures[topic] = error
            if not records:
                break
        for failure in failures.values():
            raise failure
        return sent

    def _send(self, connection: Connection[Any], topic: str, batch: Sequence[Record]) -> int:
        try:
            sent = self._publish(topic, batch)
        except RecordRefusedError:
            return self._send_one_by_one(connection, topic, batch)
        repository.remove(connection, [record.event_id for record in batch])
        return sent

    def _send_one_by_one(
        self, connection: Connection[Any], topic: str, batch: Sequence[Record]
    ) -> int:
        """Find out which record of a batch is refused, and set it aside.

        All others are sent again, because a refusal fails the whole batch of a partition: each
        user's last record is then theirs in the topic as well.
        """
        done: list[UUID] = []
        try:
            for record in batch:
                try:
                    self._publish(topic, [record])
                except RecordRefusedError as error:
                    repository.refuse(connection, record.event_id, str(error))
                    _log.error(
                        "Kafka refuses an event, which stays in the outbox",
                        event_id=str(record.event_id),
                        reason=str(error),
                    )
                else:
                    done.append(record.event_id)
        finally:
            repository.remove(connection, done)
        return len(done)

    def _publish(self, topic: str, records: Sequence[Record]) -> int:
        sent = self._publisher.publish(
            topic, [(each.key, each.payload.encode()) for each in records], timeout=self._timeout
        )
        PUBLISHED.labels(topic, "outbox").inc(sent)
        return sent

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._attempt()
            except CircuitBreakerError:  # the pause after a failure is not over
                self._stopped.wait(_IDLE_SECONDS / 4)
            except PublishError as error:
                _log.info("the outbox waits for Kafka", reason=str(error))
            except (psycopg.Error, UnavailableError) as error:
                _log.warning("the outbox cannot be read", reason=type(error).__name__)
                self._stopped.wait(_IDLE_SECONDS)
            except Exception:  # noqa: BLE001 - without this thread no form's event ever leaves
                _log.exception("the relay failed")
                self._stopped.wait(_IDLE_SECONDS)
            self._stored.wait(_IDLE_SECONDS)
            self._stored.clear()

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
            self._publisher.connect(_CONNECT_SECONDS)
            self.drain()


def _by_topic(records: Sequence[Record]) -> dict[str, list[Record]]:
    """The records of each topic, in order; topics have no order among themselves."""
    found: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        found[record.topic].append(record)
    return found
