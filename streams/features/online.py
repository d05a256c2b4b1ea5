"""Feast's online store: pushing to it, reading from it, and each user's live history."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pandas as pd
from feast import FeatureStore
from feast.errors import FeastError

from streams import live_history
from streams.contracts import Interaction
from streams.features.store import close, feast_errors, feature_store
from streams.settings import FeatureSettings

LIVE_HISTORY_SOURCE = "live_history_push_source"
LIVE_HISTORY = "live_history:events"
_SECONDS_BETWEEN_RELOADS = 5.0


class OnlineStore:
    """Reads and writes of the online store. Threads may share one.

    Constructing it is cheap: the first use connects.

    Raises:
        UnavailableError: from every call, while PostgreSQL does not answer or Feast's definitions
            have not been applied.
    """

    def __init__(self, settings: FeatureSettings) -> None:
        self._settings = settings
        self._connecting = threading.Lock()
        self._feast: FeatureStore | None = None
        self._loaded_at = 0.0

    def push(self, source: str, frame: pd.DataFrame) -> None:
        """Write rows (key, features, event_timestamp) of a push source's view."""
        with self._available() as store:
            store.push(source, frame)

    def push_live_history(
        self, histories: Mapping[str, Sequence[Interaction]], at: datetime
    ) -> None:
        """Replace the histories of users, each with its newest interaction last.

        Of a history longer than `HISTORY_LENGTH` the newest entries are kept.
        """
        if not histories:
            return
        frame = pd.DataFrame(
            {
                "user_id": list(histories),
                "events": [live_history.encode(history) for history in histories.values()],
                "event_timestamp": at,
            }
        )
        self.push(LIVE_HISTORY_SOURCE, frame)

    def live_history(self, user_id: str) -> tuple[Interaction, ...]:
        """A user's newest interactions, newest last."""
        return live_history.decode(self._read([LIVE_HISTORY], [user_id])["events"][0] or ())

    def close(self) -> None:
        """Close the connections; the next use opens new ones."""
        with self._connecting:
            if self._feast is not None:
                close(self._feast)
                self._feast = None

    def _read(self, features: Sequence[str], user_ids: Sequence[str]) -> dict[str, list[Any]]:
        with self._available() as store:
            answer: dict[str, list[Any]] = store.get_online_features(
                features=list(features),
                entity_rows=[{"user_id": user_id} for user_id in user_ids],
            ).to_dict(include_event_timestamps=True)
        return answer

    @contextmanager
    def _available(self) -> Iterator[FeatureStore]:
        with feast_errors():
            try:
                yield self._store()
            except FeastError:
                self._forget_definitions()
                raise

    def _store(self) -> FeatureStore:
        with self._connecting:
            if self._feast is None:
                store = feature_store(self._settings)
                # Both are made on first use, which must not happen in two threads.
                _ = store.registry, store.provider.online_store
                self._feast, self._loaded_at = store, time.monotonic()
            return self._feast

    def _forget_definitions(self) -> None:
        """Read the definitions again: this process may have started before `apply` ran."""
        with self._connecting:
            if time.monotonic() - self._loaded_at > _SECONDS_BETWEEN_RELOADS and self._feast:
                self._loaded_at = time.monotonic()
                self._feast.refresh_registry()  # type: ignore[no-untyped-call]
