"""What every contender learns from: a dataset, and the same as a matrix of users and items."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse

from ml.dataset import Dataset
from ml.evaluation.popularity import most_popular
from ml.retrieval.seen import seen_matrix


class Training:
    """The training part of a split; nothing that is held out is in it."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.items = pd.Index(most_popular(dataset.interactions), dtype=object)
        """Item of each column, the most popular first: of equal scores that one goes first."""
        self.users = pd.Index(np.sort(dataset.interactions["user_id"].unique()), dtype=object)
        """User of each row."""

    @cached_property
    def met(self) -> scipy.sparse.csr_matrix:
        """1 where a user interacted with an item, float32 (users, items)."""
        # implicit takes no sparse arrays yet.
        return scipy.sparse.csr_matrix(self.seen_by(self.users), dtype=np.float32)

    @cached_property
    def counts(self) -> scipy.sparse.csr_matrix:
        """How often a user interacted with an item, float32 (users, items)."""
        log = self.dataset.interactions
        rows = self.users.get_indexer(pd.Index(log["user_id"]))
        columns = self.items.get_indexer(pd.Index(log["item_id"]))
        entries = (np.ones(len(log), dtype=np.float32), (rows, columns))
        # Entries of one place are added up.
        return scipy.sparse.csr_matrix(entries, shape=(len(self.users), len(self.items)))

    def seen_by(self, user_ids: Sequence[str] | pd.Index) -> scipy.sparse.csr_array:
        """True where a user interacted with an item, bool (len(user_ids), items)."""
        return seen_matrix(self.dataset.interactions, list(user_ids), list(self.items))

    def rows(self, user_ids: Sequence[str]) -> npt.NDArray[np.int64]:
        """The row of each user, -1 for one who is not here."""
        return np.asarray(self.users.get_indexer(pd.Index(user_ids)), dtype=np.int64)
