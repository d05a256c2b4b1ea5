"""Waits until everything that was published has become rows."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from apps.local import repository
from streams.contracts import CHANNELS
from streams.errors import UnavailableError
from streams.lag import Lag
from streams.settings import PROCESSOR_GROUP, KafkaSettings
from streams.sink.connectors import SINKS

_POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the events have come."""

    unvalidated: int
    """Records that the processor has not passed on."""
    unsunk: int
    """Validated records that the sink has not written."""
    unjudged: int
    """Shoppers whose ended session has no verdicts yet."""

    @property
    def is_complete(self) -> bool:
        """Whether nothing is under way."""
        return not (self.unvalidated or self.unsunk or self.unjudged)

    def __str__(self) -> str:
        return (
            f"{self.unvalidated} wait for the processor, {self.unsunk} for the sink,"
            f" {self.unjudged} sessions for verdicts"
        )


class Arrivals:
    """Watches the way of events from the public topics into PostgreSQL."""

    def __init__(self, kafka: KafkaSettings, database_url: str) -> None:
        self._lag = Lag(kafka)
        self._database_url = database_url

    def progress(self) -> Progress:
        """Where the events are now; parts are asked in the order in which events pass them."""
        unvalidated = self._lag.behind(PROCESSOR_GROUP, [channel.public for channel in CHANNELS])
        with psycopg.connect(self._database_url) as connection:
            unjudged = repository.sessions_to_close(connection)
        unsunk = sum(self._lag.behind(sink.consumer_group, [sink.channel.valid]) for sink in SINKS)
        return Progress(unvalidated, unsunk, unjudged)

    def dead_letters(self) -> int:
        """Records in the dead letter queues."""
        return sum(self._lag.records(channel.dead_letters) for channel in CHANNELS)

    def wait(self, stall_seconds: float, on_progress: Callable[[Progress], None]) -> None:
        """Return when every event is a row and every ended session is judged.

        Raises:
            UnavailableError: if nothing has moved for `stall_seconds`.
        """
        latest: Progress | None = None
        since = time.monotonic()
        while True:
            progress = self._progress_if_answered()
            if progress is not None:
                on_progress(progress)
                if progress.is_complete:
                    return
            if progress is not None and progress != latest:
                latest, since = progress, time.monotonic()
            elif time.monotonic() - since > stall_seconds:
                raise UnavailableError(f"events do not arrive: {latest or 'Kafka does not answer'}")
            time.sleep(_POLL_SECONDS)

    def close(self) -> None:
        """Leave Kafka."""
        self._lag.close()

    def _progress_if_answered(self) -> Progress | None:
        # A part that was killed a moment ago comes back; until then it does not answer.
        try:
            return self.progress()
        except (UnavailableError, psycopg.OperationalError):
            return None
