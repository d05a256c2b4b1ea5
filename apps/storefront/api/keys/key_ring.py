"""The keys as one worker knows them: read anew after seconds, so that a request needs no query."""

import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime

import psycopg
import structlog

from apps.storefront.api.keys import repository
from apps.storefront.api.keys.repository import ApiKey
from apps.storefront.api.keys.secret import Secret
from streams.database import Database
from streams.errors import UnavailableError

_log = structlog.get_logger(__name__)

_FRESH_SECONDS = 5.0
"""A key that was made or revoked is known as such after this time."""
_MAX_AGE_SECONDS = 300.0
"""For how long the keys count that were read last, while PostgreSQL does not answer."""


class KeyRing:
    """Finds keys. Threads may share one.

    Args:
        database: where the keys are.
        fresh: seconds after which they are read again.
        max_age: seconds after which keys that cannot be read again count no more.
    """

    def __init__(
        self,
        database: Database,
        *,
        fresh: float = _FRESH_SECONDS,
        max_age: float = _MAX_AGE_SECONDS,
    ) -> None:
        self._database = database
        self._fresh = fresh
        self._max_age = max_age
        self._lock = threading.Lock()
        self._keys: Mapping[str, ApiKey] = {}
        self._read_at = float("-inf")
        self._next_read = float("-inf")
        self._used: set[str] = set()

    def find(self, text: str) -> ApiKey | None:
        """The key that the text is, if it is valid now.

        Raises:
            UnavailableError: the keys were not read for minutes, for PostgreSQL does not answer.
        """
        sent = Secret.read(text)
        if sent is None:
            return None
        self._refresh()
        if time.monotonic() - self._read_at > self._max_age:
            raise UnavailableError("the keys of the API cannot be read")
        known = self._keys.get(sent.key_id)
        if known is None or not sent.matches(known.secret_hash) or not _is_valid(known):
            return None
        self._used.add(known.key_id)
        return known

    def _refresh(self) -> None:
        """Read the keys if it is time; one thread does, and the others go on with what is known.

        While nothing is known they wait for it.
        """
        is_first = self._read_at == float("-inf")
        if not is_first and time.monotonic() < self._next_read:
            return
        if not self._lock.acquire(blocking=is_first):
            return
        try:
            if time.monotonic() >= self._next_read:
                self._next_read = time.monotonic() + self._fresh
                self._read()
        except (psycopg.Error, UnavailableError) as error:
            _log.warning("the keys of the API cannot be read", reason=str(error))
        finally:
            self._lock.release()

    def _read(self) -> None:
        today = datetime.now(UTC).date()
        used, self._used = self._used, set()
        news = [
            key_id for key_id in used
            if key_id in self._keys and self._keys[key_id].last_used_on != today
        ]  # fmt: skip
        with self._database.connection() as connection:
            if news:
                repository.note_use(connection, news, today)
            keys = repository.every(connection)
        self._keys = {key.key_id: key for key in keys}
        self._read_at = time.monotonic()


def _is_valid(key: ApiKey) -> bool:
    is_expired = key.expires_at is not None and key.expires_at <= datetime.now(UTC)
    return key.revoked_at is None and not is_expired
