"""The items that a live list may hold: an index in this process that follows the catalogue."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Self

import numpy as np
import numpy.typing as npt
from cachetools import LRUCache

from ml.retrieval.quantized import QuantizedVectors, Vectors, best
from ml.serving.metrics import count_lookup

Array = npt.NDArray[np.float32]

MAX_SIMILAR = 50
"""Items that are found for an item; fewer are a part of them."""
_MAX_REMEMBERED = 10_000
"""Items whose neighbours are remembered."""


@dataclass(frozen=True, slots=True)
class LiveItems:
    """The items of one model version at one instant. Immutable, so a request sees one state.

    Most are as they were when the version was loaded, and their vectors may be memory-mapped. Those
    that came or changed since have an index of their own.
    """

    _loaded: "_Part"
    _since: "_Part"
    _changed: Mapping[str, Array] = field(default_factory=dict)
    _departed: frozenset[str] = frozenset()
    _neighbours: LRUCache[str, tuple[str, ...]] = field(
        default_factory=lambda: LRUCache(_MAX_REMEMBERED), init=False, repr=False
    )
    """Of this state alone: another one begins without any."""
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)

    @classmethod
    def of(cls, item_ids: Sequence[str], vectors: Vectors) -> Self:
        """Index the items of a version.

        Args:
            item_ids: each once.
            vectors: float32 or float16 (items, dim), one row per item.
        """
        return cls(_Part.of(item_ids, vectors), _Part.of([], vectors[:0]))

    def __len__(self) -> int:
        return len(self._loaded) + len(self._since)

    def updated(self, changed: Mapping[str, Array], departed: Iterable[str] | None) -> Self:
        """The same with new or other vectors, and without the items that have left.

        Args:
            changed: float32 (dim,) by item id.
            departed: all items that are not in the catalogue now, so one that comes back is listed
                again; None: the same as before.
        """
        gone = self._departed if departed is None else frozenset(departed)
        if not changed and gone == self._departed:
            return self
        every, since = {**self._changed, **changed}, self._since
        if changed:
            since = _Part.of(list(every), np.stack(list(every.values())))
        return replace(
            self,
            _loaded=self._loaded.without([*every, *gone]),
            _since=since.without(gone),
            _changed=every,
            _departed=gone,
        )

    def vectors(self, item_ids: Iterable[str]) -> dict[str, Array]:
        """The vectors of those items that have one, float32 (dim,), by id."""
        return dict(zip(*self.rows(item_ids), strict=True))

    def rows(self, item_ids: Iterable[str]) -> tuple[list[str], Array]:
        """Those of the items that have a vector, listed or not, and their vectors (items, dim).

        One look at the index finds all: each costs some microseconds.
        """
        places, changed = self._loaded.places, self._changed
        ids = [each for each in item_ids if each in places or each in changed]
        if not changed:
            rows = self._loaded.index.vectors[[places[each] for each in ids]]
            return ids, rows.astype(np.float32, copy=False)
        found = np.empty((len(ids), self._loaded.index.vectors.shape[1]), dtype=np.float32)
        for row, item_id in enumerate(ids):
            vector = changed.get(item_id)
            known = self._loaded.index.vectors[places[item_id]] if vector is None else vector
            found[row] = known
        return ids, found

    def search(
        self,
        vector: Array,
        limit: int,
        excluded: Collection[str] = (),
        *,
        only: Collection[str] | None = None,
    ) -> tuple[list[str], Array]:
        """The items of the highest inner product, best first, without the excluded ones.

        Args:
            vector: of a user, float32 (dim,).
            limit: items at most; there are fewer only if no more are left.
            excluded: item ids.
            only: the items that may be found; None: all.

        Returns:
            Their ids, and their scores, float32 (n,).
        """
        (found,) = self.search_each(vector[None], limit, excluded, only=only)
        return found

    def search_each(
        self,
        vectors: Array,
        limit: int,
        excluded: Collection[str] = (),
        *,
        only: Collection[str] | None = None,
    ) -> list[tuple[list[str], Array]]:
        """As `search`, for several vectors, float32 (vectors, dim), in one pass over the items."""
        found = self._loaded.search_each(vectors, limit, excluded, only)
        if not self._changed:
            return found
        added = self._since.search_each(vectors, limit, excluded, only)
        return [_merged(*pair, limit) for pair in zip(found, added, strict=True)]

    def similar(self, item_id: str, limit: int) -> tuple[str, ...]:
        """At most `limit` other items, and MAX_SIMILAR, that are like an item, the nearest first.

        Similar is what has a high cosine: vectors of items are of length 1 but for their last
        component, the bias, which says how popular an item is and is left out. Empty if the item
        has no vector, or one that says nothing.
        """
        with self._lock:
            found = self._neighbours.get(item_id)
        count_lookup("similar", hit=found is not None)
        if found is None:
            found = self._nearest(item_id)
            with self._lock:
                self._neighbours[item_id] = found
        return found[:limit]

    def _nearest(self, item_id: str) -> tuple[str, ...]:
        vector = self.vectors([item_id]).get(item_id)
        if vector is None or not vector[:-1].any():
            return ()
        query = vector.copy()
        query[-1] = 0
        ids, _ = self.search(query, MAX_SIMILAR, {item_id})
        return tuple(ids)


_Found = tuple[list[str], Array]
"""Ids and scores, float32 (n,), best first."""


def _merged(some: _Found, others: _Found, limit: int) -> _Found:
    """The best of both."""
    ids = some[0] + others[0]
    order, scores = best(np.arange(len(ids)), np.concatenate([some[1], others[1]]), limit)
    return [ids[place] for place in order.tolist()], scores


@dataclass(frozen=True, slots=True)
class _Part:
    """Some items with an index of their vectors."""

    ids: Sequence[str]
    index: QuantizedVectors
    places: Mapping[str, int]
    listed: npt.NDArray[np.bool_]
    """bool (items,), False for what has left or has another vector."""

    @classmethod
    def of(cls, item_ids: Sequence[str], vectors: Vectors) -> Self:
        places = {item_id: place for place, item_id in enumerate(item_ids)}
        return cls(item_ids, QuantizedVectors(vectors), places, np.ones(len(item_ids), dtype=bool))

    def __len__(self) -> int:
        return int(np.count_nonzero(self.listed))

    def without(self, item_ids: Iterable[str]) -> Self:
        """All items but these."""
        return replace(self, listed=self._all_but(np.ones(len(self.ids), dtype=bool), item_ids))

    def search_each(
        self, vectors: Array, limit: int, excluded: Iterable[str], only: Iterable[str] | None
    ) -> list["_Found"]:
        """Of each vector ids and scores, float32 (n,), of the best listed items, best first."""
        listed = self._all_but(self.listed.copy(), excluded)
        if only is not None:
            listed &= ~self._all_but(np.ones_like(listed), only)
        return [
            ([self.ids[place] for place in places.tolist()], scores)
            for places, scores in self.index.search_each(vectors, limit, listed)
        ]

    def _all_but(
        self, listed: npt.NDArray[np.bool_], item_ids: Iterable[str]
    ) -> npt.NDArray[np.bool_]:
        places = [self.places[item_id] for item_id in item_ids if item_id in self.places]
        listed[places] = False
        return listed
