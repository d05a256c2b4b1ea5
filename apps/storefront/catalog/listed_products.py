"""The products that lists show, remembered by a worker for as long as they stay as they are."""

import threading
import time
from collections.abc import Collection, Mapping, Sequence
from sys import intern

import psycopg
import structlog
from flask import current_app

from apps.storefront.catalog import repository
from apps.storefront.catalog.changes_repository import changes
from apps.storefront.catalog.listing_repository import listed_after
from apps.storefront.catalog.repository import ListedProduct
from streams.database import Database
from streams.errors import UnavailableError

_KEY = "listed products"
_log = structlog.get_logger(__name__)

_SECONDS_BETWEEN_LOOKS = 0.25
_MAX_AGE_SECONDS = 0.75
"""So old a look may be; a change is in all lists within one second."""
_MAX_REMEMBERED = 50_000
"""Products at most, 35 MB."""
_READ_AHEAD = 2_000
"""Products that are read after a look, until there are no more or enough are remembered."""


class ListedProducts:
    """Products by id, most of them without a query. Threads may share one.

    A thread asks four times a second which products have changed or gone, by the transactions that
    did it, so none is missed. After a look it reads some products ahead, so that a new worker soon
    knows what its lists will name. Until it is started, and while it gets no answer, every product
    is read when it is asked for.

    Args:
        database: where the products are.
        region: of the shop; None: it sells products of all regions.
    """

    def __init__(self, database: Database, region: str | None) -> None:
        self._database = database
        self._region = region
        self._lock = threading.Lock()
        self._known: dict[str, ListedProduct] = {}
        self._looks = 0
        self._looked_at = float("-inf")
        self._snapshot: int | None = None
        self._read_until: str | None = ""
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="product-changes", daemon=True)

    @classmethod
    def of_this_app(cls) -> "ListedProducts":
        """Those of the app that answers the current request."""
        products = current_app.extensions[_KEY]
        assert isinstance(products, cls)
        return products

    def install(self, extensions: dict[str, object]) -> None:
        """Hand them to an app."""
        extensions[_KEY] = self

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Let the thread end."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def by_id(self, item_ids: Sequence[str]) -> Mapping[str, ListedProduct]:
        """Those of the products that lists may show now, by id.

        Raises:
            UnavailableError: a product is not remembered, and PostgreSQL does not answer.
        """
        looks, known = self._looks, self._known
        is_fresh = time.monotonic() - self._looked_at < _MAX_AGE_SECONDS
        found: dict[str, ListedProduct] = {}
        if is_fresh:
            found = {each: product for each in item_ids if (product := known.get(each))}
        unknown = [each for each in item_ids if each not in found]
        if unknown:
            with self._database.reading() as connection:
                read = repository.by_id(connection, unknown, region=self._region)
            found |= read
            if is_fresh:
                self._remember(read, looks)
        return found

    def look(self) -> None:
        """Forget what has changed since the last look.

        Raises:
            UnavailableError: PostgreSQL does not answer.
        """
        began = time.monotonic()
        with self._database.reading() as connection:
            found = changes(connection, self._snapshot)
        with self._lock:
            self._forget(found.item_ids if self._snapshot is not None else ("",))
            self._snapshot = found.snapshot
            self._looks += 1
            self._looked_at = began

    def read_ahead(self) -> None:
        """Remember the next products before a list names them.

        Raises:
            UnavailableError: PostgreSQL does not answer.
        """
        after, looks = self._read_until, self._looks
        if after is None:
            return
        with self._database.reading() as connection:
            read = listed_after(connection, after, _READ_AHEAD, region=self._region)
        is_last = len(read) < _READ_AHEAD or len(self._known) + 2 * len(read) > _MAX_REMEMBERED
        self._read_until = None if is_last else read[-1].item_id
        self._remember({each.item_id: each for each in read}, looks)

    def _forget(self, item_ids: Collection[str]) -> None:
        if "" in item_ids:
            self._known = {}
            self._read_until = ""
        for item_id in item_ids:
            self._known.pop(item_id, None)

    def _remember(self, read: Mapping[str, ListedProduct], looks: int) -> None:
        with self._lock:
            # What was read before the last look may have changed before it.
            if looks == self._looks:
                if len(self._known) + len(read) > _MAX_REMEMBERED:
                    self._known = {}
                self._known.update(zip(map(intern, read), read.values(), strict=True))

    def _run(self) -> None:
        while not self._stopped.wait(_SECONDS_BETWEEN_LOOKS):
            try:
                self.look()
                self.read_ahead()
            except (psycopg.Error, UnavailableError) as error:
                self._snapshot = None  # it may be another server that answers next
                _log.warning("changes of products cannot be read", reason=str(error))
