"""Names and prices of products, as the database has them; without it, ids and no prices."""

import time
from collections.abc import Collection
from decimal import Decimal

import structlog

from apps.analytics.dashboard import repository
from apps.analytics.dashboard.repository import Priced
from streams.database import Database
from streams.errors import UnavailableError

log = structlog.get_logger()

_CONNECTIONS = 2
_SECONDS_KEPT = 300.0
_TIMEOUT_SECONDS = 2.0
_PAUSE_SECONDS = 30.0


class Products:
    """Looks products up, and asks again after five minutes. Threads may share it."""

    def __init__(self, database_url: str | None) -> None:
        self._database = (
            Database(database_url, connections=_CONNECTIONS, timeout=_TIMEOUT_SECONDS)
            if database_url
            else None
        )
        self._known: dict[str, Priced] = {}
        self._asked_at = 0.0
        self._ask_again_at = 0.0

    def know(self, item_ids: Collection[str]) -> None:
        """Look up those that are not known yet."""
        if self._database is None or time.monotonic() < self._ask_again_at:
            return
        if time.monotonic() - self._asked_at > _SECONDS_KEPT:
            self._known, self._asked_at = {}, time.monotonic()
        missing = [each for each in item_ids if each not in self._known]
        if not missing:
            return
        try:
            with self._database.connection() as connection:
                found = repository.products(connection, missing)
        except UnavailableError as error:
            # A page that waits for the database each second would stand still.
            self._ask_again_at = time.monotonic() + _PAUSE_SECONDS
            log.warning("names and prices are not known", reason=str(error))
            return
        self._known |= {each: found.get(each, Priced(each, None)) for each in missing}

    def name(self, item_id: str) -> str:
        """The product's name, else its id."""
        known = self._known.get(item_id)
        return known.name if known else item_id

    def price(self, item_id: str) -> Decimal:
        """The product's price now; 0 if it has none."""
        known = self._known.get(item_id)
        return (known and known.price) or Decimal()
