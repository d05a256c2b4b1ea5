"""The way to Kafka of events of which a few may be lost."""

import threading
from collections.abc import Sequence
from contextlib import suppress
from queue import Empty, Full, Queue

import structlog
from prometheus_client import Counter
from pybreaker import CircuitBreaker, CircuitBreakerError

from apps.storefront.events.publishing import PUBLISHED, Publishes, is_closed
from streams.contracts import Channel, Event
from streams.errors import PublishError

_log = structlog.get_logger(__name__)

MAX_WAITING = 5_000
"""Events in memory; more are dropped."""
_BATCH_SIZE = 500
_IDLE_SECONDS = 1.0
_PAUSE_SECONDS = 0.2
"""Between two looks whether Kafka answers again."""


class BackgroundSender:
    """Sends events of one channel from a thread of its own, so that no page waits for one.

    They do not go through the outbox: there are many, each is worth little, and a rate bears the
    loss of a few. While Kafka is unavailable, or does not keep up, some wait in memory; the others
    are dropped and counted.

    Args:
        publisher: sends to Kafka.
        breaker: of `kafka_breaker`, shared with the senders of other events.
        channel: of the events.
        dropped: counts what is lost.
    """

    def __init__(
        self, publisher: Publishes, breaker: CircuitBreaker, channel: Channel, dropped: Counter
    ) -> None:
        self._publisher = publisher
        self._breaker = breaker
        self._topic = channel.public.name
        self._dropped = dropped
        self._waiting: Queue[Event] = Queue(MAX_WAITING)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=self._topic, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Let the thread send what waits, and end; what Kafka does not take now is dropped."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def send(self, events: Sequence[Event]) -> None:
        """Hand events over and return at once."""
        for event in events:
            try:
                self._waiting.put_nowait(event)
            except Full:
                self._dropped.inc()

    def _run(self) -> None:
        while not self._stopped.is_set() or not self._waiting.empty():
            if not is_closed(self._breaker) and not self._stopped.wait(_PAUSE_SECONDS):
                continue
            batch: list[Event] = []
            with suppress(Empty):
                batch.append(self._waiting.get(timeout=_IDLE_SECONDS))
                while len(batch) < _BATCH_SIZE:
                    batch.append(self._waiting.get_nowait())
            if batch:
                self._publish(batch)

    def _publish(self, batch: Sequence[Event]) -> None:
        if not is_closed(self._breaker):
            self._put_off(batch)
            return
        try:
            with self._breaker.calling():
                self._publisher.publish(self._topic, ((each.key, each.encode()) for each in batch))
        except CircuitBreakerError:  # a page opened it just now
            self._put_off(batch)
        except PublishError as error:
            self._dropped.inc(len(batch))
            _log.warning("events are lost", topic=self._topic, number=len(batch), reason=str(error))
        else:
            PUBLISHED.labels(self._topic, "kafka").inc(len(batch))

    def _put_off(self, batch: Sequence[Event]) -> None:
        """Let what was not sent wait again, or drop it at the end."""
        if self._stopped.is_set():
            self._dropped.inc(len(batch))
        else:
            self.send(batch)
