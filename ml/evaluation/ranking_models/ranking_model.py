"""What a ranking model is, what it learns from, and which there are."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any, NamedTuple, Protocol, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse

from ml.dataset import Dataset
from ml.evaluation.popularity import most_popular
from ml.retrieval.dense import seen_matrix
from ml.towers.config import TowersConfig

Progress = Callable[[float], None]
"""Called with the share of the training that is done, 0 to 1."""


class InteractionMatrix:
    """The training part of a split as a matrix of users and items, and as the dataset it is."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.items = pd.Index(most_popular(dataset.interactions), dtype=object)
        """Item of each column, the most popular first: of equal scores that one goes first."""
        self.users = pd.Index(np.sort(dataset.interactions["user_id"].unique()), dtype=object)
        """User of each row."""

    @cached_property
    def seen(self) -> scipy.sparse.csr_matrix:
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


class Fitted(NamedTuple):
    """What a ranking model says of its training."""

    parameters: Mapping[str, Any]
    """The hyper-parameters that were used, as JSON can hold them."""
    choosing_seconds: float = 0.0
    """The part of the time in which they were chosen."""
    note: str = ""
    """A sentence for the output; empty where there is nothing to say."""


class RankingModel(Protocol):
    """A model that is trained once and then ranks items for users."""

    def fit(self, training: InteractionMatrix, seed: int, progress: Progress) -> Fitted:
        """Learn; called once.

        Args:
            training: all there is to learn from.
            seed: the same one on the same machine gives the same lists.
            progress: progress callback.
        """
        ...

    def rank(self, user_ids: Sequence[str], k: int) -> npt.NDArray[np.int64]:
        """The best `k` items of each user as columns of `training.items`, int64 (users, k).

        Items that the user has seen in training are left out; -1 stands where no item remains. A
        user who is not in training gets a list too.
        """
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """How a ranking model is made; its module is imported only then, in a process of its own."""

    module: str
    name: str
    effort: float
    """How long it takes relative to the others, roughly: for the estimate of the time left."""
    has_towers: bool = False
    """Whether it takes the towers' hyper-parameters."""


_HERE = "ml.evaluation.ranking_models"
RANKING_MODELS = {
    "two_tower": Entry(f"{_HERE}.two_tower", "TwoTower", effort=300, has_towers=True),
    "popularity": Entry(f"{_HERE}.baseline", "Popularity", effort=3),
    "item_knn": Entry(f"{_HERE}.item_knn", "ItemKnn", effort=20),
    "als": Entry(f"{_HERE}.factors", "Als", effort=60),
    "bpr": Entry(f"{_HERE}.factors", "Bpr", effort=80),
    "ease": Entry(f"{_HERE}.ease", "Ease", effort=30),
    "full": Entry(f"{_HERE}.full", "Full", effort=650, has_towers=True),
}


def create(entry: Entry, towers: TowersConfig | None) -> RankingModel:
    """A new ranking model.

    Args:
        entry: of RANKING_MODELS.
        towers: hyper-parameters for those that have towers; None stands for the defaults.
    """
    kind: Any = getattr(import_module(entry.module), entry.name)
    return cast("RankingModel", kind(towers or TowersConfig()) if entry.has_towers else kind())
