"""The one way from the shop to Kafka: directly while it answers, else through the outbox."""

import threading
from collections.abc import Iterable
from typing import Any, Protocol

import structlog
from psycopg import Connection

from apps.storefront.database import Database
from apps.storefront.interactions import repository
from apps.storefront.interactions.circuit import Circuit
from apps.storefront.interactions.repository import Record
from apps.storefront.metrics import PUBLISHED
from streams.contracts import CHANNELS, Event, Interaction, new_id
from streams.errors import PublishError

_log = structlog.get_logger(__name__)


class Publishes(Protocol):
    """What `streams.publisher.Publisher` does."""

    def publish(self, topic: str, records: Iterable[tuple[str, bytes]]) -> int:
        """Send (key, value) records and count the acknowledged; PublishError if any was not."""
        ...


def record(event: Event) -> Record:
    """The event as it goes to its public topic; an interaction keeps its own id."""
    topic = next(channel.public.name for channel in CHANNELS if channel.contract is type(event))
    event_id = event.interaction_id if isinstance(event, Interaction) else new_id()
    return Record(event_id, topic, event.key, event.encode().decode())


class EventSender:
    """Sends what shoppers do, and loses nothing while Kafka is away. Threads may share one."""

    def __init__(self, database: Database, publisher: Publishes, circuit: Circuit) -> None:
        self._database = database
        self._publisher = publisher
        self._circuit = circuit
        self.stored = threading.Event()
        """Set whenever something new waits in the outbox."""

    @property
    def kafka_answers(self) -> bool:
        """Whether the last attempt to reach Kafka held."""
        return self._circuit.is_closed

    def send(self, event: Event) -> None:
        """Publish one event now; if Kafka does not acknowledge it, keep it in the outbox.

        An event that Kafka took without our knowing is sent a second time with the same id, which
        adds nothing.
        """
        outgoing = record(event)
        if self._circuit.is_closed:
            try:
                self._publisher.publish(outgoing.topic, [(outgoing.key, outgoing.payload.encode())])
            except PublishError as error:
                self._circuit.open()
                _log.warning("kafka is away, events go to the outbox", reason=str(error))
            else:
                PUBLISHED.labels(outgoing.topic, "kafka").inc()
                return
        with self._database.connection() as connection:
            repository.add(connection, [outgoing])
        self.stored.set()

    def store(self, connection: Connection[Any], events: Iterable[Event]) -> None:
        """Put events into the outbox within the caller's transaction.

        Call `announce` after its commit; the relay then sends them at once.
        """
        repository.add(connection, [record(event) for event in events])

    def announce(self) -> None:
        """Tell the relay that the outbox has something new."""
        self.stored.set()
