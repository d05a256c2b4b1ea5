"""What can be said of an item that nobody has met yet without learning: how its category does."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse

from ml.dataset import Dataset
from ml.retrieval.seen import seen_matrix
from streams.contracts.category import ancestors


class CategoryPopularity:
    """Interactions by category, an item counting for its category and all its ancestors."""

    def __init__(self, training: Dataset, items: pd.DataFrame) -> None:
        """Count in `training`, for new `items` (ITEM_COLUMNS) that are not in it.

        A new item stands for the most specific category of its path that training has
        interactions in.
        """
        self._log = training.interactions
        counts = self._log["item_id"].value_counts()
        catalogue = training.items[training.items["item_id"].isin(counts.index)]
        self._items = catalogue["item_id"].tolist()
        paths = [ancestors(path) for path in catalogue["category"]]
        self._categories = pd.Index(sorted({level for path in paths for level in path}))
        rows = np.repeat(np.arange(len(paths)), [len(path) for path in paths])
        columns = self._categories.get_indexer(pd.Index([each for path in paths for each in path]))
        entries = (np.ones(len(rows), dtype=np.float32), (rows, columns))
        shape = (len(paths), len(self._categories))
        self._members = scipy.sparse.csr_array(entries, shape=shape)
        totals = counts.reindex(self._items).to_numpy(np.float32) @ self._members
        self._places = np.array([self._place(path) for path in items["category"]], dtype=np.int64)
        self.popularity: npt.NDArray[np.float32] = np.append(totals, np.float32(0))[self._places]
        """float32 (new items,): interactions with the item's category; 0 where none is known."""

    def of_users(self, user_ids: Sequence[str]) -> scipy.sparse.csr_array:
        """How many items of each new item's category a user met, float32 (users, new items)."""
        met = seen_matrix(self._log, user_ids, self._items).astype(np.float32)
        none = scipy.sparse.csr_array((len(user_ids), 1), dtype=np.float32)
        by_category = scipy.sparse.hstack([met @ self._members, none], format="csc")
        return by_category[:, self._places].tocsr()

    def _place(self, path: str) -> int:
        """Of the most specific known category; behind all of them where none is known."""
        known = [level for level in ancestors(path) if level in self._categories]
        place = self._categories.get_indexer(pd.Index(known[-1:], dtype=object))
        return int(place[0]) if len(place) else len(self._categories)
