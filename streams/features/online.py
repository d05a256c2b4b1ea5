"""Feast's online store: pushing to it, reading from it, and each user's live history."""

import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import pandas as pd
from feast import FeatureStore, FeatureView
from feast.errors import FeastError
from feast.protos.feast.types.Value_pb2 import Value

from streams import live_history
from streams.contracts import Interaction
from streams.features.keys import MODEL_VERSION, USER_ID, VersionKeys, user_key, version_of
from streams.features.online_store import PooledOnlineStore
from streams.features.store import close, feast_errors, feature_store
from streams.live_history import Entry
from streams.settings import FeatureSettings

LIVE_HISTORY_SOURCE = "live_history_push_source"
_LIVE_HISTORY_VIEW, _EVENTS = "live_history", "events"
LIVE_HISTORY = f"{_LIVE_HISTORY_VIEW}:{_EVENTS}"
TRENDING_SOURCE = "trending_push_source"
WHOLE_SHOP = ""
"""The key of what is trending in all categories: the empty path."""
_SECONDS_BETWEEN_RELOADS = 5.0
_USERS_AT_ONCE = 500
"""Whose histories are in memory together: 5 MB, of which there are several copies."""


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

    def extend_live_histories(self, interactions: Iterable[Interaction]) -> None:
        """Add interactions to their users' histories; one that is held already changes nothing.

        The values are read and written as Feast encodes them, but past its data frames, and
        those of many users in one statement. Nobody else may write the same histories meanwhile.
        """
        by_user: dict[str, list[Entry]] = {}
        for interaction in interactions:
            by_user.setdefault(interaction.user_id, []).append(Entry.of(interaction))
        with self._available() as store:
            view, online_store = store.get_feature_view(_LIVE_HISTORY_VIEW), pooled(store)
            every = list(by_user.items())
            for start in range(0, len(every), _USERS_AT_ONCE):
                users = every[start : start + _USERS_AT_ONCE]
                keys = [user_key(user_id) for user_id, _ in users]
                found = online_store.read_values(store.config, view, _EVENTS, keys)
                extended: dict[bytes, bytes] = {}
                for key, (_, added) in zip(keys, users, strict=True):
                    history = found.get(key, b"")
                    if fresh := live_history.fresh(history, added):
                        value = Value.FromString(history)
                        live_history.extend(value.string_list_val.val, fresh)
                        extended[key] = value.SerializeToString()
                online_store.write_values(store.config, view, _EVENTS, extended)

    def forget(self, user_ids: Collection[str]) -> dict[str, dict[str, int]]:
        """Delete what every view keyed by users has of them; returns each user's rows by view.

        Where each model version has a key of its own, it is deleted from all of them.

        Nobody may write of them meanwhile (`streams.erasures`).
        """
        found: dict[str, dict[str, int]] = {user_id: {} for user_id in user_ids}
        with self._available() as store:
            online_store = pooled(store)
            for view in store.list_feature_views():
                by_key = _keys(view, user_ids, partial(versions, store, view))
                for key in online_store.delete(store.config, view, list(by_key)) if by_key else ():
                    rows = found[by_key[key]]
                    rows[f"feast.{view.name}"] = rows.get(f"feast.{view.name}", 0) + 1
        return found

    def live_history(self, user_id: str) -> tuple[Interaction, ...]:
        """A user's newest interactions, newest last."""
        (entries,) = self._read([LIVE_HISTORY], [{USER_ID: user_id}])[_EVENTS]
        return live_history.decode(user_id, entries or ())

    def close(self) -> None:
        """Close the connections; the next use opens new ones."""
        with self._connecting:
            if self._feast is not None:
                close(self._feast)
                self._feast = None

    def _read(
        self, features: Sequence[str], rows: Sequence[Mapping[str, str]]
    ) -> dict[str, list[Any]]:
        with self._available() as store:
            answer: dict[str, list[Any]] = store.get_online_features(
                features=list(features),
                entity_rows=[dict(row) for row in rows],
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


def pooled(store: FeatureStore) -> PooledOnlineStore:
    """The online store of a connected store."""
    online_store = store.provider.online_store
    assert isinstance(online_store, PooledOnlineStore)
    return online_store


def versions(store: FeatureStore, view: FeatureView) -> list[str]:
    """The model versions of which a view keyed by version and user has anything."""
    online_store, found = pooled(store), []
    key = online_store.first_key(store.config, view, start=b"")
    while key is not None:
        found.append(version_of(key))
        key = online_store.first_key(store.config, view, start=VersionKeys(found[-1]).end)
    return found


def _keys(
    view: FeatureView, user_ids: Collection[str], versions: Callable[[], Iterable[str]]
) -> dict[bytes, str]:
    """Users by their keys in a view; none if it is not keyed by users."""
    columns = {each.name for each in view.entity_columns} if view.online else set()
    if columns == {USER_ID}:
        return {user_key(user_id): user_id for user_id in user_ids}
    if columns == {MODEL_VERSION, USER_ID}:
        by_version = map(VersionKeys, versions())
        return {keys.key(user_id): user_id for keys in by_version for user_id in user_ids}
    return {}
