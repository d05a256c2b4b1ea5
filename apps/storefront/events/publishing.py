"""How an event leaves the shop: directly to Kafka, or through the outbox."""

import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import structlog
from prometheus_client import Counter
from psycopg import Connection
from pybreaker import STATE_CLOSED, CircuitBreaker, CircuitBreakerError

from apps.storefront.events import repository
from apps.storefront.events.repository import Record
from streams.contracts import CHANNELS, Channel, Event, Interaction, new_id
from streams.database import Database
from streams.errors import PublishError, RecordRefusedError

_log = structlog.get_logger(__name__)

PUBLISHED = Counter(
    "recsys_events_published_total",
    "Events that Kafka acknowledged, sent by the request itself or from the outbox.",
    ("topic", "way"),
)
DROPPED = Counter(
    "recsys_events_dropped_total",
    "Events without a change of the shop's tables that neither Kafka nor the full outbox took.",
    ("topic",),
)

_ROOM_SECONDS = 1.0


def kafka_breaker(pause: float) -> CircuitBreaker:
    """Closed while Kafka answers; one failure opens it, and only the relay closes it.

    It starts half open. Pages send directly while it is closed alone, so that only those that are
    under way when Kafka fails wait for it. The relay tries at once, and again when the pause after
    a failure is over.

    Args:
        pause: seconds to leave Kafka alone after a failure.
    """
    breaker = CircuitBreaker(fail_max=1, reset_timeout=pause, throw_new_error_on_trip=False)
    breaker.half_open()
    return breaker


def is_closed(breaker: CircuitBreaker) -> bool:
    """Whether a page may send directly."""
    return bool(breaker.current_state == STATE_CLOSED)


class Publishes(Protocol):
    """What `streams.publisher.Publisher` does."""

    def publish(
        self, topic: str, records: Iterable[tuple[str, bytes]], *, timeout: float | None = None
    ) -> int:
        """Send (key, value) records and count the acknowledged; PublishError if any was not."""
        ...

    def connect(self, timeout: float) -> None:
        """Wait until Kafka answers; PublishError if it does not in time."""
        ...


def record(event: Event) -> Record:
    """The event as it goes to its public topic; an interaction keeps its own id."""
    topic = next(channel.public.name for channel in CHANNELS if isinstance(event, channel.contract))
    event_id = event.interaction_id if isinstance(event, Interaction) else new_id()
    return Record(event_id, topic, event.key, event.encode().decode())


class EventSender:
    """Sends what shoppers do, also while Kafka is unavailable. Threads may share one.

    What goes with a change of the shop's tables is never lost. Of the rest, what finds neither
    Kafka nor room in the outbox is dropped, and counted.

    Args:
        database: where the outbox is.
        publisher: sends to Kafka.
        breaker: of `kafka_breaker`, shared with the relay.
        timeout: seconds that a page waits for Kafka.
        limit: number of waiting events from which on `send` adds none to the outbox.
    """

    def __init__(
        self,
        database: Database,
        publisher: Publishes,
        breaker: CircuitBreaker,
        *,
        timeout: float,
        limit: int,
    ) -> None:
        self._database = database
        self._publisher = publisher
        self._breaker = breaker
        self._timeout = timeout
        self._limit = limit
        # Kafka that is late for a page may well be in time for a batch, which waits for seconds.
        self._batches = CircuitBreaker(
            fail_max=1,
            reset_timeout=breaker.reset_timeout,
            exclude=[RecordRefusedError],
            throw_new_error_on_trip=False,
        )
        self._has_room = True
        self._room_known_until = 0.0
        self.stored = threading.Event()
        """Set whenever something new waits in the outbox."""

    @property
    def kafka_answers(self) -> bool:
        """Whether the last attempt to reach Kafka succeeded."""
        return is_closed(self._breaker)

    def send(self, event: Event) -> bool:
        """Publish one event now; if Kafka does not acknowledge it, keep it in the outbox.

        Returns whether Kafka or the outbox has it.

        Of events that go with no change of the shop's tables: they may overtake those that wait,
        and are dropped while the outbox is full. An event that Kafka took without our knowing is
        sent a second time with the same id, which adds nothing.
        """
        outgoing = record(event)
        if self._is_published(outgoing):
            return True
        with self._database.connection() as connection:
            if not self._is_room(connection):
                DROPPED.labels(outgoing.topic).inc()
                return False
            repository.add(connection, [outgoing])
        self.stored.set()
        return True

    def send_all(self, channel: Channel, events: Sequence[Event], *, timeout: float) -> None:
        """Publish many events of one channel now, without the outbox.

        Args:
            channel: where they go.
            events: in the order that each partition will have.
            timeout: seconds that Kafka has to acknowledge all of them.

        Raises:
            PublishError: Kafka has not acknowledged all of them, or not those of a moment ago.
                Sending them again with the same ids is safe.
        """
        topic = channel.public.name
        records = ((event.key, event.encode()) for event in events)
        try:
            with self._batches.calling():
                self._publisher.publish(topic, records, timeout=timeout)
        except CircuitBreakerError as error:
            raise PublishError(f"topic {topic}: Kafka did not take the last ones") from error
        PUBLISHED.labels(topic, "kafka").inc(len(events))

    def store(self, connection: Connection[Any], events: Iterable[Event]) -> None:
        """Put events into the outbox within the caller's transaction, full or not.

        Call `announce` after its commit; the relay then sends them at once.
        """
        repository.add(connection, [record(event) for event in events])

    def announce(self) -> None:
        """Tell the relay that the outbox has something new."""
        self.stored.set()

    def _is_room(self, connection: Connection[Any]) -> bool:
        """Whether the outbox has room; counted once a second, because counting takes a while."""
        now = time.monotonic()
        if now > self._room_known_until:
            self._room_known_until = now + _ROOM_SECONDS
            self._has_room = repository.has_room(connection, self._limit)
        return self._has_room

    def _is_published(self, outgoing: Record) -> bool:
        if not is_closed(self._breaker):
            return False
        try:
            with self._breaker.calling():
                self._publisher.publish(
                    outgoing.topic,
                    [(outgoing.key, outgoing.payload.encode())],
                    timeout=self._timeout,
                )
        except CircuitBreakerError:  # another page opened it just now
            return False
        except PublishError as error:
            _log.warning("Kafka is unavailable, events go to the outbox", reason=str(error))
            return False
        PUBLISHED.labels(outgoing.topic, "kafka").inc()
        return True
