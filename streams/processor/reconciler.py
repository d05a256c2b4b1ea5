"""Reconciles the topics with the tables all the time, for the metric."""

from streams.database import Database
from streams.processor import metrics
from streams.reconciliation.ledger import Ledger
from streams.reconciliation.reconciling import Reconciliation
from streams.settings import KafkaSettings
from streams.sink.connectors import SINKS

_LIMIT = 20_000
"""Records of a partition at once, so that a backlog leaves the worker time for its own work."""


class Reconciler:
    """Judges what is new. One worker at a time does it, and goes on where the last one was.

    Raises:
        UnavailableError: from every call, while Kafka or PostgreSQL does not answer.
    """

    def __init__(self, kafka: KafkaSettings, database: Database) -> None:
        self._database = database
        self._ledger = Ledger()
        self._reconciliation = Reconciliation(kafka, database.connection, self._ledger)

    def reconcile(self) -> None:
        """Judge what is new on every channel, and show how much is missing in all."""
        for sink in SINKS:
            self._reconciliation.reconcile(sink, limit=_LIMIT)
        with self._database.connection() as connection:
            metrics.show_missing(self._ledger.missing(connection))

    def hand_over(self) -> None:
        """Leave it to another worker."""
        metrics.hide_missing()
