"""Reads the topics into the figures, in a thread of its own."""

import threading
import time
from datetime import UTC, datetime
from typing import Any

import structlog

from apps.analytics.dashboard.figures import KEPT, Figures
from apps.analytics.dashboard.products import Products
from apps.analytics.dashboard.settings import DashboardSettings
from apps.analytics.reading import TopicReader
from streams.contracts import (
    IMPRESSIONS,
    INTERACTIONS,
    Impression,
    Interaction,
    MalformedEventError,
)
from streams.errors import UnavailableError

log = structlog.get_logger()

GROUP = "analyst-dashboard"
"""The consumer group, by which the lag of the page can be seen. Every process reads everything."""
_CONTRACTS = {each.valid.name: each.contract for each in (INTERACTIONS, IMPRESSIONS)}
_COMMIT_SECONDS = 5.0
_RETRY_SECONDS = 2.0
_STOP_SECONDS = 10.0


class Watcher:
    """Keeps `figures` up to date; a new start reads what the page can look back on again."""

    def __init__(self, settings: DashboardSettings) -> None:
        self._settings = settings
        self._products = Products(settings.analyst_database_url)
        self.figures = Figures(self._products)
        self.is_reading = False
        """Whether Kafka answers."""
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Read no more."""
        self._stopped.set()
        self._thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._read()
            except UnavailableError as error:
                log.warning("the topics cannot be read", reason=str(error))
            except Exception:
                # Else the thread would end, and the page go on to show what it had.
                log.exception("the topics cannot be read for an unknown reason")
            self.is_reading = False
            self._stopped.wait(_RETRY_SECONDS)
            self.figures = Figures(self._products)

    def _read(self) -> None:
        with TopicReader(self._settings, list(_CONTRACTS), group=GROUP) as reader:
            reader.seek(reader.since(datetime.now(UTC) - KEPT))
            self.is_reading = True
            committed = time.monotonic()
            while not self._stopped.is_set():
                for records in reader.poll().values():
                    for record in records:
                        self._add(record)
                if time.monotonic() - committed > _COMMIT_SECONDS:
                    reader.commit(reader.position())
                    committed = time.monotonic()

    def _add(self, record: Any) -> None:
        """Add an event; one that only another version can read is left out."""
        try:
            event = _CONTRACTS[record.topic].decode(record.value)
        except MalformedEventError:
            return
        at = record.timestamp / 1000
        match event:
            case Interaction():
                self.figures.add(event, at)
            case Impression():
                end = event.first_position + len(event.item_ids)
                self.figures.add_impression(
                    event.surface,
                    range(event.first_position, end),
                    at,
                    model_version=event.model_version,
                    experiment=event.experiment,
                )
