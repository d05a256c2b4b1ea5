"""What the worker's probes answer, observed at Kafka and PostgreSQL rather than in the worker."""

from collections.abc import Collection, Mapping
from uuid import UUID

import structlog

from streams.contracts import CHANNELS
from streams.database import Database
from streams.errors import UnavailableError
from streams.lag import Lag
from streams.processor import metrics, progress
from streams.processor.liveness import Liveness
from streams.processor.progress import Partition
from streams.settings import ProcessorSettings

log = structlog.get_logger()

_PUBLIC = {channel.public.name: channel.public for channel in CHANNELS}


class Health:
    """Compares how far the worker's partitions reach with how far they have been processed."""

    def __init__(
        self, settings: ProcessorSettings, topic_ids: Mapping[str, UUID], database: Database
    ) -> None:
        self._topic_ids = topic_ids
        self._database = database
        self._lag = Lag(settings)
        self._liveness = Liveness(settings.stall_limit)

    @property
    def is_alive(self) -> bool:
        """Whether offsets move while there is lag, as observed last."""
        return self._liveness.is_alive

    def observe(self, assignment: Collection[tuple[str, int]]) -> None:
        """Look at the assigned partitions, by topic and number.

        While Kafka or PostgreSQL does not answer, nothing can move and nothing is concluded.
        """
        try:
            ends = {
                Partition(self._topic_ids[topic], number): end
                for topic in {topic for topic, _ in assignment}
                for number, end in self._lag.ends(_PUBLIC[topic]).items()
                if (topic, number) in assignment
            }
            with self._database.connection() as connection:
                offsets = progress.read(connection, list(ends))
        except UnavailableError as error:
            log.info("lag cannot be observed", reason=str(error))
            self._liveness.observe({}, {})
        else:
            self._liveness.observe(ends, offsets)
        metrics.ALIVE.set(self.is_alive)
