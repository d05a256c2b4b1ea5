"""What is suggested for the beginning of a query, from the memory of this worker."""

import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import structlog
from cachetools import LRUCache, TTLCache
from flask import current_app

from apps.storefront.autocomplete import repository
from apps.storefront.autocomplete.prefix_index import PrefixIndex, folded
from apps.storefront.autocomplete.repository import Catalogue
from streams.contracts.category import ancestors, names
from streams.database import Database
from streams.errors import UnavailableError

_log = structlog.get_logger(__name__)

_KEY = "autocomplete"
_CATALOGUE_SECONDS = 30.0
"""Between two looks whether the catalogue has changed."""
_POPULAR_SECONDS = 300.0
_OWN_SECONDS = 60.0
_MAX_SHOPPERS = 5_000
_MAX_KEPT = 2_000
"""Beginnings whose suggestions are kept."""
_MAX_OWN = 20
_N_OWN, _N_POPULAR, _N_CATEGORIES, _N_PRODUCTS = 2, 3, 2, 5
"""Suggestions of each kind; without a beginning there are up to five queries of the first two."""
_N_WITHOUT_TEXT = 5


class Kind(StrEnum):
    """What a suggestion leads to."""

    OWN_QUERY = "own_query"
    POPULAR_QUERY = "popular_query"
    CATEGORY = "category"
    PRODUCT = "product"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One suggestion."""

    kind: Kind
    text: str
    """The query, the category's own name or the product's name."""
    target: str
    """The query, the category's path or the product's id."""


class CatalogueIndex:
    """Products and categories by the beginnings of their words."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        below: Counter[str] = Counter()
        for path, count in catalogue.products_of.items():
            for each in ancestors(path):
                below[each] += count
        self._paths = sorted(below, key=lambda path: (-below[path], path))
        self._by_category = PrefixIndex([names(path)[-1] for path in self._paths])
        self._by_product = PrefixIndex(catalogue.product_names)

    def find(self, text: str) -> list[Suggestion]:
        """Categories, then products."""
        catalogue = self._catalogue
        paths = [self._paths[at] for at in self._by_category.find(text, _N_CATEGORIES)]
        products = self._by_product.find(text, _N_PRODUCTS)
        return [
            *(Suggestion(Kind.CATEGORY, names(path)[-1], path) for path in paths),
            *(
                Suggestion(Kind.PRODUCT, catalogue.product_names[at], catalogue.item_ids[at])
                for at in products
            ),
        ]


class Snapshot:
    """What is suggested to everybody, as it was at one instant."""

    def __init__(self, catalogue: CatalogueIndex, queries: Sequence[str]) -> None:
        self._catalogue = catalogue
        self._queries = queries
        self._by_query = PrefixIndex(queries)
        self._kept: LRUCache[str, Sequence[Suggestion]] = LRUCache(_MAX_KEPT)
        self._lock = threading.Lock()

    def with_changes(
        self, catalogue: Catalogue | None, queries: Sequence[str] | None
    ) -> "Snapshot":
        """With another catalogue, other queries, both or neither (None: as they are)."""
        if catalogue is None and queries in (None, self._queries):
            return self
        return Snapshot(
            CatalogueIndex(catalogue) if catalogue else self._catalogue,
            self._queries if queries is None else queries,
        )

    def suggest(self, text: str) -> Sequence[Suggestion]:
        """Popular queries, categories and products; without text queries alone."""
        if not text:
            first = self._queries[: 2 * _N_WITHOUT_TEXT]
            return [_query(Kind.POPULAR_QUERY, each) for each in first]
        with self._lock:
            kept = self._kept.get(text)
        if kept is None:
            # Some of the popular ones may be the shopper's own, which are not shown twice.
            popular = self._by_query.find(text, _N_POPULAR + _N_OWN + 1)
            kept = [
                *(_query(Kind.POPULAR_QUERY, self._queries[at]) for at in popular),
                *self._catalogue.find(text),
            ]
            with self._lock:
                self._kept[text] = kept
        return kept


_EMPTY = Snapshot(CatalogueIndex(Catalogue((), (), {})), ())


class Autocomplete:
    """One per worker, safe for threads.

    The first request reads the catalogue; later ones never wait for it: a thread reads it anew
    when it has changed.
    """

    def __init__(self, database: Database, region: str | None) -> None:
        self._database = database
        self._region = region
        self._snapshot: Snapshot | None = None
        self._stamp: tuple[object, ...] = ()
        self._catalogue_due = self._popular_due = 0.0
        self._refreshing = threading.Lock()
        self._own: TTLCache[str, Sequence[str]] = TTLCache(_MAX_SHOPPERS, _OWN_SECONDS)
        self._own_lock = threading.Lock()

    @classmethod
    def of_this_app(cls) -> "Autocomplete":
        """The suggestions of the app that answers the current request."""
        found = current_app.extensions[_KEY]
        assert isinstance(found, cls)
        return found

    def install(self, extensions: dict[str, object]) -> None:
        """Hand the suggestions to an app."""
        extensions[_KEY] = self

    def suggest(
        self, text: str, *, user_id: str | None = None, recent: Sequence[str] = ()
    ) -> list[Suggestion]:
        """Own queries, popular ones, categories and products for the beginning of a query.

        Args:
            text: what the shopper has typed; empty: queries alone.
            user_id: whose past queries are suggested.
            recent: queries of this browser, the newest first.

        Raises:
            UnavailableError: PostgreSQL does not answer, and the catalogue was never read.
        """
        text = " ".join(folded(text).split())
        own = [*recent, *(self._own_queries(user_id) if user_id else ())]
        limit = _N_OWN if text else _N_WITHOUT_TEXT
        mine = [each for each in dict.fromkeys(own) if _begins(each, text)][:limit]
        found = [_query(Kind.OWN_QUERY, each) for each in mine]
        popular = 0
        most = _N_POPULAR if text else _N_WITHOUT_TEXT
        for each in self._current().suggest(text):
            if each.kind is Kind.POPULAR_QUERY:
                if each.text in mine or each.text == text or popular == most:
                    continue
                popular += 1
            found.append(each)
        return found

    def refresh(self) -> None:
        """Read what has changed.

        Raises:
            UnavailableError: PostgreSQL does not answer.
        """
        now = time.monotonic()
        self._catalogue_due = now + _CATALOGUE_SECONDS
        with self._database.reading() as connection:
            # The stamp comes first: a change between the two is found at the next look.
            stamp = repository.stamp(connection, self._region)
            catalogue = (
                repository.catalogue(connection, self._region) if stamp != self._stamp else None
            )
            queries = repository.popular_queries(connection) if now >= self._popular_due else None
        self._snapshot = (self._snapshot or _EMPTY).with_changes(catalogue, queries)
        self._stamp = stamp
        if queries is not None:
            self._popular_due = now + _POPULAR_SECONDS

    def _current(self) -> Snapshot:
        if self._snapshot is None:
            with self._refreshing:
                if self._snapshot is None:
                    self.refresh()
        elif time.monotonic() >= self._catalogue_due and self._refreshing.acquire(blocking=False):
            threading.Thread(target=self._refresh_aside, name="autocomplete", daemon=True).start()
        assert self._snapshot
        return self._snapshot

    def _refresh_aside(self) -> None:
        try:
            self.refresh()
        except UnavailableError as error:
            _log.warning("suggestions are not refreshed", reason=str(error))
        finally:
            self._refreshing.release()

    def _own_queries(self, user_id: str) -> Sequence[str]:
        with self._own_lock:
            kept = self._own.get(user_id)
        if kept is None:
            try:
                with self._database.reading() as connection:
                    kept = repository.own_queries(connection, user_id, _MAX_OWN)
            except UnavailableError:  # the other suggestions need no database
                return ()
            with self._own_lock:
                self._own[user_id] = kept
        return kept


def _query(kind: Kind, text: str) -> Suggestion:
    return Suggestion(kind, text, text)


def _begins(query: str, text: str) -> bool:
    """Whether `text` is the beginning of the query or of one of its words, and not all of it."""
    other = folded(query)
    return other != text and (other.startswith(text) or f" {text}" in other)
