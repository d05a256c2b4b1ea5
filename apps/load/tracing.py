"""From a click to where it counts: a sample of views, each followed to its row and to Feast."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from psycopg import Connection

from apps.load import repository
from apps.load.report import Latency
from apps.storefront.accounts.repository import credentials
from streams.database import Database
from streams.errors import UnavailableError
from streams.features.online import OnlineStore
from streams.settings import FeatureSettings

_TRACED_AT_ONCE = 3
_POLL_SECONDS = 0.02
_LOST_SECONDS = 60.0
_CONNECTION_TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class View:
    """A view that a visitor has just asked for."""

    user: str
    """The shopper's id or e-mail address."""
    item_id: str
    at: datetime


class ClickTracer:
    """Measures how long views take to their row and to the live history.

    It looks every 20 ms, so that is what a figure may be too long by. Close it when done: it then
    waits for the views that it follows.
    """

    def __init__(self, settings: FeatureSettings) -> None:
        self._database = Database(
            settings.database_url, connections=_TRACED_AT_ONCE, timeout=_CONNECTION_TIMEOUT_SECONDS
        )
        self._online_store = OnlineStore(settings)
        self._free = threading.Semaphore(_TRACED_AT_ONCE)
        self._workers = ThreadPoolExecutor(_TRACED_AT_ONCE, thread_name_prefix="tracer")
        self._rows: list[float] = []
        self._histories: list[float] = []
        self.lost = 0
        """Views that did not arrive in a minute."""

    @property
    def to_row(self) -> Latency:
        """From the click to its row in events.interactions."""
        return Latency.of(self._rows)

    @property
    def to_live_history(self) -> Latency:
        """From the click to the shopper's live history."""
        return Latency.of(self._histories)

    def connect(self) -> None:
        """Open the connections and read Feast's definitions, which takes seconds.

        Raises:
            UnavailableError: PostgreSQL does not answer.
        """
        self._online_store.live_history("")

    def offer(self, view: View) -> None:
        """Follow a view, unless enough are being followed."""
        if self._free.acquire(blocking=False):
            self._workers.submit(self._follow, view)

    def close(self) -> None:
        """Wait for the views that are followed, and close the connections."""
        self._workers.shutdown()
        self._online_store.close()
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _follow(self, view: View) -> None:
        waiting: dict[Callable[[View], bool], list[float]] = {
            self._is_a_row: self._rows,
            self._is_in_history: self._histories,
        }
        try:
            while waiting and _age(view) < _LOST_SECONDS:
                for has_arrived, times in list(waiting.items()):
                    # A component that has just been killed does not answer until it is back.
                    with suppress(UnavailableError):
                        if has_arrived(view):
                            times.append(_age(view))
                            del waiting[has_arrived]
                time.sleep(_POLL_SECONDS)
            self.lost += bool(waiting)
        finally:
            self._free.release()

    def _is_a_row(self, view: View) -> bool:
        with self._database.connection() as connection:
            user_id = self._user_id(connection, view)
            return repository.has_view(connection, user_id, view.item_id, view.at)

    def _is_in_history(self, view: View) -> bool:
        with self._database.connection() as connection:
            user_id = self._user_id(connection, view)
        history = self._online_store.live_history(user_id)
        return any(each.item_id == view.item_id and each.timestamp >= view.at for each in history)

    def _user_id(self, connection: Connection, view: View) -> str:
        account = credentials(connection, view.user)
        return account[0] if account else view.user


def _age(view: View) -> float:
    return (datetime.now(UTC) - view.at).total_seconds()
