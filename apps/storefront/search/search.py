"""The search of one worker: what a text asks for, by words and by meaning."""

import threading
import time
from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Any, Protocol

import structlog
from cachetools import LRUCache, TLRUCache, TTLCache
from flask import current_app
from psycopg import Connection

from apps.storefront.catalog.listing_repository import Paging
from apps.storefront.catalog.orders import Sort
from apps.storefront.search import repository, vocabulary_repository
from apps.storefront.search.encoder_client import Encoded
from apps.storefront.search.facets import facets
from apps.storefront.search.filters import Filters
from apps.storefront.search.personal import find_personal
from apps.storefront.search.question import Question, TextVector
from apps.storefront.search.result import FULL_TEXT, HYBRID, SearchResult
from apps.storefront.search.understanding import Understanding, understand
from apps.storefront.search.vocabulary import Vocabulary
from ml.serving.taste import Taste
from streams.contracts.category import names
from streams.database import Database
from streams.errors import UnavailableError

log = structlog.get_logger()

_KEY = "search"
_SECONDS_BETWEEN_LOOKS = 15.0
_MAX_KEPT = 2_000
"""Texts whose understanding is kept."""
_MAX_VECTORS, _VECTOR_SECONDS = 500, 20
"""What the encoder said of texts, for their next pages and other filters."""
_NEAREST, _NEAREST_FILTERED = 150, 1_000
"""Products by meaning, before filters; without them a few products are not sold."""
_MAX_RESULTS = 500
_MIN_RESULT_SECONDS, _MAX_RESULT_SECONDS = 20, 40
"""Pages that are kept, and for how long: many shoppers search for the same. Not all for as long, or
those that were searched for together would be searched for again together."""


class TextEncoder(Protocol):
    """Gives texts their vectors, as `EncoderClient` does."""

    def texts(self, texts: list[str], *, nearest: int = 0) -> Encoded:
        """Their vectors, and of each the products nearest to it.

        Raises:
            UnavailableError: the encoder does not answer in time.
        """
        ...


class Search:
    """One per worker, safe for threads.

    Args:
        database: the shop's.
        encoder: of the texts; None: the words alone count.
        region: of the shop; None if it sells everywhere.
        text_share: what the words count beside the vectors, 0 to 1.
    """

    def __init__(
        self,
        database: Database,
        encoder: TextEncoder | None,
        *,
        region: str | None,
        text_share: float = repository.TEXT_SHARE,
    ) -> None:
        self._text_share = text_share
        self._database = database
        self._encoder = encoder
        self._region = region
        self._vocabulary: Vocabulary | None = None
        self._looked_at = 0.0
        self._lock = threading.Lock()
        self._looking = threading.Lock()
        self._understood: LRUCache[Hashable, Understanding] = LRUCache(_MAX_KEPT)
        self._results: TLRUCache[Hashable, SearchResult] = TLRUCache(_MAX_RESULTS, _expiry)
        self._vectors: TTLCache[Hashable, TextVector] = TTLCache(_MAX_VECTORS, _VECTOR_SECONDS)

    @classmethod
    def of_this_app(cls) -> "Search":
        """The search of the app that answers the current request."""
        search = current_app.extensions[_KEY]
        assert isinstance(search, cls)
        return search

    def install(self, extensions: dict[str, object]) -> None:
        """Hand the search to an app."""
        extensions[_KEY] = self

    def search(
        self,
        connection: Connection[Any],
        text: str,
        *,
        filters: Filters,
        order: Sort,
        paging: Paging,
        with_facets: bool = True,
        taste: Taste | None = None,
    ) -> SearchResult:
        """The products that a text asks for.

        Args:
            connection: to the shop's database, for reads.
            text: in a shopper's words.
            filters: what is found is narrowed down to.
            order: of the products.
            paging: the part of the list.
            with_facets: whether to count the facets of all that was found.
            taste: of whoever searches, which counts in the order of relevance; None: it does not.
        """

        def find(part: Paging, left_out: Sequence[str]) -> SearchResult:
            return self._find(
                connection,
                text,
                filters=filters,
                order=order,
                paging=part,
                left_out=left_out,
                with_facets=with_facets,
            )

        if order is not Sort.RELEVANCE:
            return find(paging, ())
        return find_personal(find, paging, taste)

    def _find(
        self,
        connection: Connection[Any],
        text: str,
        *,
        filters: Filters,
        order: Sort,
        paging: Paging,
        left_out: Sequence[str],
        with_facets: bool,
    ) -> SearchResult:
        """A part of the list that is the same for all, without the products of some digests."""
        vocabulary = self._current(connection)
        key = (vocabulary.version, text, filters.key, order, paging, tuple(left_out), with_facets)
        condition, values = filters.condition(self._region, with_sold_out=True)
        with self._lock:
            known = self._results.get(key)
        if known is not None:
            products = repository.read_again(connection, known.page.products, condition, values)
            if products is not None:
                return replace(known, page=replace(known.page, products=products))
        understanding = self._understanding(text, vocabulary)
        vector = self._vector(
            understanding.meant, _NEAREST if filters.is_empty else _NEAREST_FILTERED
        )
        question = Question(
            text=text,
            understanding=understanding,
            language=vocabulary.language,
            vector=vector,
            text_share=self._text_share,
            condition=condition,
            values=values,
            facet_depth=len(names(filters.category)) + 1,
        )
        found = repository.find(
            connection,
            question,
            order=order,
            paging=paging,
            left_out=left_out,
            with_facets=with_facets,
        )
        result = SearchResult(
            page=found.page,
            scores=found.scores,
            total=found.total,
            facets=facets(found.counted),
            mode=FULL_TEXT if vector is None else HYBRID,
            has_all_words=found.has_all_words,
            did_you_mean=understanding.corrected,
        )
        # What the encoder is missed for is searched again as soon as it is back.
        if vector is not None or self._encoder is None:
            with self._lock:
                self._results[key] = result
        return result

    def refresh(self, connection: Connection[Any]) -> None:
        """Read the catalogue's words again if it, its language or the synonyms have changed."""
        with self._looking:
            source = vocabulary_repository.source(connection)
            if self._vocabulary is None or self._vocabulary.version != source.version:
                bare = Vocabulary(
                    source.language,
                    vocabulary_repository.word_uses(connection),
                    vocabulary_repository.product_count(connection),
                    version=source.version,
                )
                self._vocabulary = bare.with_synonyms(source.synonyms)
            self._looked_at = time.monotonic()

    def _current(self, connection: Connection[Any]) -> Vocabulary:
        """The first request reads it; later ones have it read again beside them."""
        if self._vocabulary is None:
            self.refresh(connection)
        elif time.monotonic() - self._looked_at > _SECONDS_BETWEEN_LOOKS:
            self._looked_at = time.monotonic()
            threading.Thread(target=self._look_again, name="vocabulary", daemon=True).start()
        assert self._vocabulary is not None
        return self._vocabulary

    def _look_again(self) -> None:
        try:
            with self._database.reading() as connection:
                self.refresh(connection)
        except UnavailableError as error:
            log.warning("the catalogue's words cannot be read again", reason=str(error))

    def _understanding(self, text: str, vocabulary: Vocabulary) -> Understanding:
        key = (vocabulary.version, text)
        with self._lock:
            known = self._understood.get(key)
        if known is None:
            known = understand(text, vocabulary)
            with self._lock:
                self._understood[key] = known
        return known

    def _vector(self, text: str, nearest: int) -> TextVector | None:
        if self._encoder is None:
            return None
        with self._lock:
            known = self._vectors.get((text, nearest))
        if known is None:
            try:
                found = self._encoder.texts([text], nearest=nearest)
            except UnavailableError:
                return None
            known = TextVector(found.vectors[0], found.encoder, found.nearest[0])
            with self._lock:
                self._vectors[text, nearest] = known
        return known


def _expiry(key: Hashable, _result: SearchResult, now: float) -> float:
    """When a page that is kept from now on has to be searched for again."""
    return now + _MIN_RESULT_SECONDS + hash(key) % (_MAX_RESULT_SECONDS - _MIN_RESULT_SECONDS)
