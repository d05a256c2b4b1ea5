"""One batch of interactions through the processor, and the closing of ended sessions.

Outputs first (topics, then live history), memory last, and only then are offsets committed:
whatever fails in between is done again, and doing it again changes nothing.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import structlog
from psycopg_pool import ConnectionPool

from ml.features.online import LiveEvent, OnlineFeatures
from streams.contracts import INTERACTIONS, Channel, DeadLetter, Event, Interaction
from streams.processor import metrics, repository
from streams.processor.shopper import Shopper
from streams.processor.validation import Record, sort
from streams.publisher import Publisher
from streams.settings import ProcessorSettings

log = structlog.get_logger()


class Processing:
    """The processor's work, apart from reading Kafka. Calls block; threads may share one."""

    def __init__(
        self,
        settings: ProcessorSettings,
        publisher: Publisher,
        pool: ConnectionPool,
        features: OnlineFeatures,
    ) -> None:
        self._settings = settings
        self._publisher = publisher
        self._pool = pool
        self._features = features

    def validate(self, channel: Channel, records: Sequence[Record]) -> None:
        """Pass records on to the validated topic or the dead letter queue."""
        batch = sort(channel.contract, records)
        with metrics.timed(channel):
            self._publish(channel, batch.valid, batch.dead)
        metrics.count(channel, batch)

    def interactions(self, records: Sequence[Record]) -> None:
        """Validate, judge views and renew live histories."""
        batch = sort(Interaction, records)
        user_ids = sorted({event.user_id for event in batch.valid})
        with metrics.timed(INTERACTIONS), self._pool.connection() as connection:
            shoppers = repository.load(connection, user_ids)
            outputs: list[Event] = []
            for event in batch.valid:
                outputs.append(event)
                outputs.extend(shoppers[event.user_id].apply(event, self._settings.session_gap))
            self._publish(INTERACTIONS, outputs, batch.dead)
            self._features.push_live_history(
                {user_id: _live_events(shopper) for user_id, shopper in shoppers.items()},
                datetime.now(UTC),
            )
            repository.save(connection, shoppers)
        metrics.count(INTERACTIONS, batch)

    def close_ended_sessions(self) -> int:
        """Publish the negative verdicts of sessions that have ended; how many shoppers it was."""
        with self._pool.connection() as connection:
            ended = repository.take_ended(
                connection,
                self._settings.session_gap,
                self._settings.session_grace,
                self._settings.batch_size,
            )
            verdicts = [
                verdict for user_id, shopper in ended.items() for verdict in shopper.close(user_id)
            ]
            self._publish(INTERACTIONS, verdicts, [])
        return len(ended)

    def _publish(
        self, channel: Channel, valid: Sequence[Event], dead: Sequence[DeadLetter]
    ) -> None:
        self._publisher.publish(
            channel.valid.name, ((event.key, event.encode()) for event in valid)
        )
        self._publisher.publish(
            channel.dead_letters.name,
            ((f"{letter.topic}-{letter.partition}", letter.encode()) for letter in dead),
        )
        for letter in dead:
            log.warning(
                "event refused",
                topic=letter.topic,
                partition=letter.partition,
                offset=letter.offset,
                reason=letter.reason,
            )


def _live_events(shopper: Shopper) -> list[LiveEvent]:
    return [
        LiveEvent(
            item_id=event.item_id,
            interaction_type=event.interaction_type.value,
            timestamp=event.timestamp,
            rating=event.rating,
            quantity=event.quantity,
        )
        for event in shopper.history
    ]
