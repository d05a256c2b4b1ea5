"""The vectors of all products' texts in memory: what is nearest to a text is found exactly."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ml.registry import text_embeddings
from ml.registry.item_vectors import snapshot
from ml.registry.repository import Connection
from ml.serving.live_items import LiveItems
from ml.towers.sentence_encoder import TEXT_DIMENSIONS

_MIN_CHANGED = 1_000
"""Texts that may have changed before all vectors are read anew."""
_MAX_CHANGED_SHARE = 0.25


class _State(NamedTuple):
    """Vectors at one instant."""

    since: int
    """The transactions from this one on may have written what is not seen yet."""
    items: LiveItems
    changed: frozenset[str]
    """Since all vectors were read."""
    silent: frozenset[str]
    """Products whose text has become empty."""


class TextIndex:
    """Follows the vectors of one encoder in `ml.text_embeddings`. Threads may share one.

    Products that have left are found until all vectors are read anew; whoever reads them from the
    catalogue finds no product.

    Args:
        encoder: whose vectors are compared.
    """

    def __init__(self, encoder: str) -> None:
        self._encoder = encoder
        self._state: _State | None = None

    def follow(self, connection: Connection) -> None:
        """Read what has been written since the last call; at first, all of it.

        Args:
            connection: one that sees what is committed.
        """
        state, since = self._state, snapshot(connection)
        if state is not None:
            written = text_embeddings.written_vectors(connection, self._encoder, state.since)
            changed = state.changed | written.keys()
            if len(changed) <= max(_MIN_CHANGED, _MAX_CHANGED_SHARE * len(state.items)):
                silent = (state.silent - written.keys()) | {
                    item_id for item_id, vector in written.items() if vector is None
                }
                vectors = {key: vector for key, vector in written.items() if vector is not None}
                items = state.items.updated(vectors, silent)
                self._state = _State(since, items, changed, silent)
                return
        item_ids, every = text_embeddings.every_vector(connection, self._encoder, TEXT_DIMENSIONS)
        self._state = _State(since, LiveItems.of(item_ids, every), frozenset(), frozenset())

    def nearest(
        self, vectors: npt.NDArray[np.float32], limit: int
    ) -> list[tuple[list[str], npt.NDArray[np.float32]]] | None:
        """What is nearest to each vector, float32 (n, d) of unit length.

        Returns:
            The ids of at most `limit` products for each, the nearest first, and their cosines,
            float32 (limit,); None before `follow` has read the vectors.
        """
        state = self._state
        return None if state is None else state.items.search_each(vectors, limit)
