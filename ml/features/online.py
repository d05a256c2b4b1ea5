"""The Feast online store: each user's materialized list and live history.

Light enough for the stream processor and a web worker: nothing here needs torch.
"""

import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pandas as pd
from feast import FeatureStore
from feast.errors import FeastError
from feast.infra.registry.sql import FeastRegistrySchemaError
from psycopg import Error as PostgresError
from psycopg_pool import PoolClosed, PoolTimeout
from sqlalchemy.exc import SQLAlchemyError

from ml.features.store import close, feature_store
from ml.settings import MlSettings
from streams.errors import UnavailableError

_LIST = ["user_items:top_k_item_ids", "user_items:model_version"]
_HISTORY = ["live_history:events"]
_HISTORY_LENGTH = 50
_READ_AT_ONCE = 1000
_SECONDS_BETWEEN_RELOADS = 5.0
_AWAY = (
    FeastError,
    FeastRegistrySchemaError,
    PostgresError,
    SQLAlchemyError,
    PoolTimeout,
    PoolClosed,
)


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """One of a user's latest interactions."""

    item_id: str
    interaction_type: str
    timestamp: datetime
    rating: float | None
    quantity: int | None


@dataclass(frozen=True, slots=True)
class TopK:
    """A user's materialized list, best first, and the model that made it."""

    item_ids: tuple[str, ...]
    model_version: str


@dataclass(frozen=True, slots=True)
class ShopperState:
    """All that the online store knows of one user, from one read."""

    top_k: TopK | None
    known_until: datetime | None
    """The instant up to which the list's model knew interactions."""
    history: tuple[LiveEvent, ...]
    """Newest last."""


class OnlineFeatures:
    """Reads and writes of the online store; threads may share one.

    Cheap to construct: the first use connects. Every method raises UnavailableError where
    PostgreSQL does not answer or Feast's definitions have not been applied.
    """

    def __init__(self, settings: MlSettings) -> None:
        self._settings = settings
        self._connecting = threading.Lock()
        self._feast: FeatureStore | None = None
        self._loaded_at = 0.0

    def push_live_history(self, histories: Mapping[str, Sequence[LiveEvent]], at: datetime) -> None:
        """Replace the history of each user, newest event last; of more than 50 the newest stay."""
        if not histories:
            return
        frame = pd.DataFrame(
            {
                "user_id": list(histories),
                "events": [
                    [_encode(event) for event in events[-_HISTORY_LENGTH:]]
                    for events in histories.values()
                ],
                "event_timestamp": at,
            }
        )
        self.push("live_history_push_source", frame)

    def push(self, source: str, frame: pd.DataFrame) -> None:
        """Write rows (key, features, event_timestamp) of a push source's view."""
        with self._available() as store:
            store.push(source, frame)

    def live_history(self, user_id: str) -> tuple[LiveEvent, ...]:
        """A user's latest events, newest last."""
        return _events(self._read(_HISTORY, [user_id])["events"][0])

    def top_k(self, user_id: str) -> TopK | None:
        """A user's list, or None where there is none."""
        return self.top_k_of([user_id]).get(user_id)

    def top_k_of(self, user_ids: Sequence[str]) -> dict[str, TopK]:
        """The lists of those users who have one."""
        lists: dict[str, TopK] = {}
        for start in range(0, len(user_ids), _READ_AT_ONCE):
            chunk = list(user_ids[start : start + _READ_AT_ONCE])
            answer = self._read(_LIST, chunk)
            for row, user_id in enumerate(chunk):
                top_k = _top_k(answer, row)
                if top_k is not None:
                    lists[user_id] = top_k
        return lists

    def shopper(self, user_id: str) -> ShopperState:
        """A user's list and history, read at once."""
        answer = self._read([*_LIST, *_HISTORY], [user_id])
        top_k = _top_k(answer, 0)
        return ShopperState(
            top_k=top_k,
            known_until=(
                datetime.fromtimestamp(answer["top_k_item_ids__ts"][0], UTC) if top_k else None
            ),
            history=_events(answer["events"][0]),
        )

    def close(self) -> None:
        """Give the connections back."""
        with self._connecting:
            if self._feast is not None:
                close(self._feast)
                self._feast = None

    def _read(self, features: list[str], user_ids: list[str]) -> dict[str, list[Any]]:
        with self._available() as store:
            answer: dict[str, list[Any]] = store.get_online_features(
                features=features, entity_rows=[{"user_id": user_id} for user_id in user_ids]
            ).to_dict(include_event_timestamps=True)
        return answer

    @contextmanager
    def _available(self) -> Iterator[FeatureStore]:
        try:
            yield self._store()
        except _AWAY as error:
            if isinstance(error, FeastError):
                self._forget_definitions()
            raise UnavailableError(f"the Feast online store does not answer: {error}") from error

    def _store(self) -> FeatureStore:
        with self._connecting:
            if self._feast is None:
                store = feature_store(self._settings)
                # Both are made on first use, which must not happen in two threads.
                _ = store.registry, store.provider.online_store
                self._feast, self._loaded_at = store, time.monotonic()
            return self._feast

    def _forget_definitions(self) -> None:
        """Have the definitions read again: this process may have started before `apply` ran."""
        with self._connecting:
            if time.monotonic() - self._loaded_at > _SECONDS_BETWEEN_RELOADS and self._feast:
                self._loaded_at = time.monotonic()
                self._feast.refresh_registry()  # type: ignore[no-untyped-call]


def _top_k(answer: Mapping[str, list[Any]], row: int) -> TopK | None:
    item_ids, version = answer["top_k_item_ids"][row], answer["model_version"][row]
    return None if version is None else TopK(tuple(item_ids or ()), version)


def _encode(event: LiveEvent) -> str:
    return json.dumps(
        [
            event.item_id,
            event.interaction_type,
            event.timestamp.isoformat(),
            event.rating,
            event.quantity,
        ]
    )


def _events(encoded: Sequence[str] | None) -> tuple[LiveEvent, ...]:
    return tuple(_decode(text) for text in encoded or ())


def _decode(text: str) -> LiveEvent:
    item_id, interaction_type, timestamp, rating, quantity = json.loads(text)
    return LiveEvent(item_id, interaction_type, datetime.fromisoformat(timestamp), rating, quantity)
