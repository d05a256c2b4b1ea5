"""Which lists a page shows, and their way to Kafka.

Views and impressions are counted for the same people, shoppers with an account that the request
does not call a robot, so that one can be divided by the other.
"""

import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from queue import Empty, Full, Queue

import structlog
from flask import g
from prometheus_client import Counter
from pybreaker import CircuitBreaker, CircuitBreakerError

from apps.storefront.events.activity import shopping_session
from apps.storefront.events.publishing import PUBLISHED, Publishes, is_closed
from streams.contracts import IMPRESSIONS, Impression, new_id
from streams.contracts.impression import MAX_SHOWN
from streams.errors import PublishError

_log = structlog.get_logger(__name__)

DROPPED = Counter(
    "recsys_impressions_dropped_total", "Impressions lost because Kafka did not take them in time."
)

_WAITING = 5_000
_BATCH_SIZE = 500
_IDLE_SECONDS = 1.0
_PAUSE_SECONDS = 0.2
"""Between two looks whether Kafka answers again."""


def note_list(
    surface: str,
    item_ids: Sequence[str],
    *,
    first_position: int = 0,
    model_version: str | None = None,
) -> None:
    """Note that the page of this request shows a list of products; an empty one is none.

    Args:
        surface: as the links of the list say.
        item_ids: in order.
        first_position: of the first one.
        model_version: of the model that made the list.
    """
    if item_ids:
        g.setdefault("shown_lists", []).append((surface, item_ids, first_position, model_version))


def has_noted_lists() -> bool:
    """Whether this request has noted a list."""
    return "shown_lists" in g


def impressions_of(user_id: str) -> list[Impression]:
    """What this request has noted, as events."""
    return [
        Impression(
            impression_id=new_id(),
            user_id=user_id,
            timestamp=datetime.now(UTC),
            surface=surface,
            item_ids=tuple(item_ids[:MAX_SHOWN]),
            first_position=first_position,
            session_id=shopping_session(),
            model_version=model_version,
        )
        for surface, item_ids, first_position, model_version in g.get("shown_lists", ())
    ]


class ImpressionSender:
    """Sends impressions from a thread of its own, so that no page waits for one.

    They do not go through the outbox: there are many, each is worth little, and a rate bears the
    loss of a few. While Kafka is unavailable, or does not keep up, some wait in memory; the others
    are dropped and counted.

    Args:
        publisher: sends to Kafka.
        breaker: of `kafka_breaker`, shared with the senders of other events.
    """

    def __init__(self, publisher: Publishes, breaker: CircuitBreaker) -> None:
        self._publisher = publisher
        self._breaker = breaker
        self._waiting: Queue[Impression] = Queue(_WAITING)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="impressions", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Let the thread send what waits, and end; what Kafka does not take now is dropped."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def send(self, impressions: Sequence[Impression]) -> None:
        """Hand impressions over and return at once."""
        for impression in impressions:
            try:
                self._waiting.put_nowait(impression)
            except Full:
                DROPPED.inc()

    def _run(self) -> None:
        while not self._stopped.is_set() or not self._waiting.empty():
            if not is_closed(self._breaker) and not self._stopped.wait(_PAUSE_SECONDS):
                continue
            batch: list[Impression] = []
            with suppress(Empty):
                batch.append(self._waiting.get(timeout=_IDLE_SECONDS))
                while len(batch) < _BATCH_SIZE:
                    batch.append(self._waiting.get_nowait())
            if batch:
                self._publish(batch)

    def _publish(self, batch: Sequence[Impression]) -> None:
        topic = IMPRESSIONS.public.name
        if not is_closed(self._breaker):
            self._put_off(batch)
            return
        try:
            with self._breaker.calling():
                self._publisher.publish(topic, ((each.key, each.encode()) for each in batch))
        except CircuitBreakerError:  # a page opened it just now
            self._put_off(batch)
        except PublishError as error:
            DROPPED.inc(len(batch))
            _log.warning("impressions are lost", number=len(batch), reason=str(error))
        else:
            PUBLISHED.labels(topic, "kafka").inc(len(batch))

    def _put_off(self, batch: Sequence[Impression]) -> None:
        """Let what was not sent wait again, or drop it at the end."""
        if self._stopped.is_set():
            DROPPED.inc(len(batch))
        else:
            self.send(batch)
