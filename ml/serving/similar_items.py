"""Items that are like an item: the neighbours of its vector among the items of the live version."""

from collections.abc import Callable
from functools import lru_cache, partial

from ml.serving.live_items import LiveItems

MAX_SIMILAR = 50
"""Items that are found for an item; fewer are a part of them."""
_MAX_CACHED = 10_000
"""Items whose neighbours are remembered."""

_Find = Callable[[str], tuple[str, ...]]


class SimilarItems:
    """Finds neighbours, and remembers them as long as the items are the same. Threads may share it.

    Similar is what has a high cosine: the vectors of items are of length 1 but for their last
    component, the bias, which says how popular an item is and is left out.
    """

    def __init__(self) -> None:
        self._latest: tuple[LiveItems, _Find] | None = None

    def of(self, items: LiveItems, item_id: str, limit: int) -> tuple[str, ...]:
        """At most `limit` of the items, and MAX_SIMILAR, without this one, most similar first.

        Empty if the item has no vector, or one that says nothing.
        """
        latest = self._latest
        if latest is None or latest[0] is not items:
            latest = items, lru_cache(maxsize=_MAX_CACHED)(partial(_neighbours, items))
            self._latest = latest
        return latest[1](item_id)[:limit]


def _neighbours(items: LiveItems, item_id: str) -> tuple[str, ...]:
    vector = items.vectors([item_id]).get(item_id)
    if vector is None or not vector[:-1].any():
        return ()
    query = vector.copy()
    query[-1] = 0
    found, _ = items.search(query, MAX_SIMILAR, {item_id})
    return tuple(found)
