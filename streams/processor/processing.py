"""Processing of one batch of events, and the closing of ended sessions.

Outputs are written first (topics, then live histories), then the state; offsets are committed last.
Whatever fails in between is done again, and doing it again changes nothing.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import structlog

from streams.contracts import INTERACTIONS, Channel, DeadLetter, Event, Interaction
from streams.database import Database
from streams.features.online import OnlineStore
from streams.processor import metrics, repository
from streams.processor.validation import Record, validate
from streams.publisher import Publisher
from streams.settings import ProcessorSettings

log = structlog.get_logger()


class Processing:
    """The processor's work, apart from reading Kafka. Calls block; threads may share one.

    Raises:
        UnavailableError: from every call, while Kafka, PostgreSQL or Feast does not answer.
    """

    def __init__(
        self,
        settings: ProcessorSettings,
        publisher: Publisher,
        database: Database,
        online_store: OnlineStore,
    ) -> None:
        self._settings = settings
        self._publisher = publisher
        self._database = database
        self._online_store = online_store

    def validate(self, channel: Channel, records: Sequence[Record]) -> None:
        """Forward records to the validated topic or the dead letter queue."""
        batch = validate(channel.contract, records)
        with metrics.timed(channel):
            self._publish(channel, batch.valid, batch.dead_letters)
        metrics.count(channel, batch)

    def interactions(self, records: Sequence[Record]) -> None:
        """Validate, derive verdicts and renew live histories."""
        batch = validate(Interaction, records)
        user_ids = sorted({event.user_id for event in batch.valid})
        with metrics.timed(INTERACTIONS), self._database.connection() as connection:
            states = repository.load(connection, user_ids)
            outputs: list[Event] = []
            for event in batch.valid:
                outputs.append(event)
                outputs.extend(states[event.user_id].apply(event, self._settings.session_gap))
            self._publish(INTERACTIONS, outputs, batch.dead_letters)
            self._online_store.push_live_history(
                {user_id: state.history for user_id, state in states.items()},
                datetime.now(UTC),
            )
            repository.save(connection, states)
        metrics.count(INTERACTIONS, batch)

    def close_ended_sessions(self) -> int:
        """Publish the negative verdicts of ended sessions; returns the number of their shoppers."""
        with self._database.connection() as connection:
            ended = repository.take_ended(
                connection,
                self._settings.session_gap,
                self._settings.session_grace,
                self._settings.batch_size,
            )
            verdicts = [
                verdict for user_id, state in ended.items() for verdict in state.close(user_id)
            ]
            self._publish(INTERACTIONS, verdicts, [])
        return len(ended)

    def _publish(
        self, channel: Channel, valid: Sequence[Event], dead_letters: Sequence[DeadLetter]
    ) -> None:
        self._publisher.publish(
            channel.valid.name, ((event.key, event.encode()) for event in valid)
        )
        self._publisher.publish(
            channel.dead_letters.name,
            ((f"{letter.topic}-{letter.partition}", letter.encode()) for letter in dead_letters),
        )
        for letter in dead_letters:
            log.warning(
                "event refused",
                topic=letter.topic,
                partition=letter.partition,
                offset=letter.offset,
                reason=letter.reason,
            )
