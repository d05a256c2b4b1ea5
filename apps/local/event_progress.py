"""How far the published events have come, by group too, and a wait until all are stored."""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import psycopg

from apps.local import repository
from apps.storefront.events.repository import backlog
from streams.contracts import CHANNELS
from streams.errors import UnavailableError
from streams.lag import Lag
from streams.settings import PROCESSOR_GROUP, KafkaSettings
from streams.sink.connectors import SINKS

_POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class EventProgress:
    """How many events are under way, and where."""

    unpublished: int
    """Events in the shop's outbox."""
    unprocessed: int
    """Records that the processor has not committed."""
    unsunk: int
    """Validated records that the sink has not written."""
    unjudged: int
    """Sessions that have ended and have no view verdicts yet."""

    @property
    def is_complete(self) -> bool:
        """Whether nothing is under way."""
        return not (self.unpublished or self.unprocessed or self.unsunk or self.unjudged)

    def __str__(self) -> str:
        return (
            f"{self.unpublished:,} events wait in the outbox,"
            f" {self.unprocessed:,} for the processor, {self.unsunk:,} for the sink;"
            f" {self.unjudged:,} sessions wait for their view verdicts"
        )


@dataclass(frozen=True, slots=True)
class GroupLag:
    """How far a consumer group is behind on one topic."""

    group: str
    topic: str
    records: int
    """Those that it has not committed."""


def lags(kafka: KafkaSettings) -> list[GroupLag]:
    """The lag of the processor's and the sink's groups, by topic, as the broker says it.

    Raises:
        UnavailableError: Kafka does not answer.
    """
    read = [(PROCESSOR_GROUP, channel.public) for channel in CHANNELS]
    read += [(sink.consumer_group, sink.channel.valid) for sink in SINKS]
    with closing(Lag(kafka)) as lag:
        return [GroupLag(group, topic.name, lag.behind(group, [topic])) for group, topic in read]


class EventTracker:
    """Follows events from the shop's outbox into PostgreSQL; close it when done."""

    def __init__(self, kafka: KafkaSettings, database_url: str) -> None:
        self._lag = Lag(kafka)
        self._database_url = database_url

    def progress(self) -> EventProgress:
        """Where the events are now.

        The stages are read in the order in which events pass them, so that an event that moves
        meanwhile is counted twice rather than not at all.

        Raises:
            UnavailableError: Kafka does not answer.
            psycopg.OperationalError: PostgreSQL does not answer.
        """
        with psycopg.connect(self._database_url) as connection:
            unpublished = backlog(connection).waiting
        unprocessed = self._lag.behind(PROCESSOR_GROUP, [channel.public for channel in CHANNELS])
        with psycopg.connect(self._database_url) as connection:
            unjudged = repository.sessions_without_verdicts(connection)
        unsunk = sum(self._lag.behind(sink.consumer_group, [sink.channel.valid]) for sink in SINKS)
        return EventProgress(unpublished, unprocessed, unsunk, unjudged)

    def dead_letters(self) -> int:
        """Records in the dead letter queues."""
        return sum(self._lag.records(channel.dead_letters) for channel in CHANNELS)

    def wait_until_stored(
        self, stall_seconds: float, on_progress: Callable[[EventProgress], None]
    ) -> None:
        """Return when every event is stored and every ended session has its verdicts.

        Raises:
            UnavailableError: nothing has changed for `stall_seconds`.
        """
        latest: EventProgress | None = None
        since = time.monotonic()
        while True:
            progress = self._progress_or_none()
            if progress is not None:
                on_progress(progress)
                if progress.is_complete:
                    return
            if progress is not None and progress != latest:
                latest, since = progress, time.monotonic()
            elif time.monotonic() - since > stall_seconds:
                raise UnavailableError(
                    "events are no longer being stored:"
                    f" {latest or 'Kafka or PostgreSQL does not answer'}"
                )
            time.sleep(_POLL_SECONDS)

    def close(self) -> None:
        """Close the connections to Kafka."""
        self._lag.close()

    def _progress_or_none(self) -> EventProgress | None:
        # A component that has just been killed does not answer until it is back.
        try:
            return self.progress()
        except (UnavailableError, psycopg.OperationalError):
            return None
