"""What is trending in one category: read from Feast's online store, and kept for some seconds."""

from threading import Lock

from cachetools import TTLCache

from ml.serving.dependency import Dependency
from ml.serving.metrics import count_lookup
from ml.serving.online_store import OnlineStore

_SECONDS = 10.0
"""The processor writes a trend less often."""
_MAX_CATEGORIES = 500


class CategoryTrends:
    """Threads may share one. It never raises: while Feast is away nothing is trending."""

    def __init__(self, store: OnlineStore) -> None:
        self._store = store
        self._dependency = Dependency("what is trending in a category")
        self._known: TTLCache[str, tuple[str, ...]] = TTLCache(_MAX_CATEGORIES, _SECONDS)
        self._lock = Lock()

    def of(self, category: str) -> tuple[str, ...]:
        """The items that are trending in a category path, best first."""
        with self._lock:
            known = self._known.get(category)
        count_lookup("trending", hit=known is not None)
        if known is None:
            known = self._dependency.call(lambda: self._store.trending(category)) or ()
            with self._lock:
                self._known[category] = known
        return known
