"""How lists are scored against held-out items: one protocol for training, pipeline and replay."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse

from ml.evaluation.metrics import METRICS, Metric, hits_at_k
from streams.errors import ContractError

K = 20
"""Length of the lists on which models, trials and hyper-parameters are scored."""

HeldOutItems = Mapping[str, Collection[str]]
"""Item ids by user id; a user without any is not evaluated."""
Lists = Mapping[str, Sequence[str]]
"""Item ids by user id, best first, without repetition."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """The evaluated users and their held-out items as a matrix."""

    user_ids: list[str]
    """Those with at least one held-out item, sorted."""
    matrix: scipy.sparse.csr_array
    """bool (user_ids, at least items): each stored entry is a held-out item. Columns beyond those
    of the items stand for held-out items that no list can hold: they are misses."""

    @classmethod
    def of(cls, held_out: HeldOutItems, items: pd.Index) -> Self:
        """Put held-out items into the columns of `items`."""
        user_ids = sorted(user for user, targets in held_out.items() if targets)
        sizes = [len(set(held_out[user])) for user in user_ids]
        targets = pd.Index([item for user in user_ids for item in sorted(set(held_out[user]))])
        columns = items.get_indexer(targets)
        unknown = columns < 0
        columns[unknown] = len(items) + pd.factorize(targets[unknown])[0]
        rows = np.repeat(np.arange(len(user_ids)), sizes)
        width = max(len(items), int(columns.max(initial=-1)) + 1)
        entries = (np.ones(len(rows), dtype=bool), (rows, columns))
        return cls(user_ids, scipy.sparse.csr_array(entries, shape=(len(user_ids), width)))


@dataclass(frozen=True, slots=True)
class RankingMetrics:
    """Means of METRICS over the evaluated users."""

    users: int
    """Users with at least one held-out item, those without a list included."""
    means: Mapping[str, float]
    """By the name of the metric."""

    def __getitem__(self, metric: Metric) -> float:
        return self.means[metric.name]


def rank_lists(
    lists: Lists, held_out: HeldOutItems, k: int
) -> tuple[npt.NDArray[np.int64], HeldOut]:
    """The first `k` places of each evaluated user's list, beside what is held out.

    Returns:
        Columns of the held-out matrix, int64 (evaluated users, k), -1 where the list is shorter;
        and the held-out items.

    Raises:
        ContractError: if a list names an item twice or `k` is below 1.
    """
    if k < 1:
        raise ContractError(f"k must be at least 1, not {k}")
    first = {user: list(lists.get(user, ()))[:k] for user, items in held_out.items() if items}
    for user, listed in first.items():
        if len(set(listed)) != len(listed):
            raise ContractError(f"the list of user {user!r} names an item twice")
    items = sorted({item for listed in first.values() for item in listed})
    columns = {item: column for column, item in enumerate(items)}
    test = HeldOut.of(held_out, pd.Index(items, dtype=object))
    ranked = np.full((len(test.user_ids), k), -1, dtype=np.int64)
    for row, user in enumerate(test.user_ids):
        ranked[row, : len(first[user])] = [columns[item] for item in first[user]]
    return ranked, test


def score_lists(lists: Lists, held_out: HeldOutItems, k: int) -> RankingMetrics:
    """Score the first `k` of each user's list.

    A user without a list and a held-out item that no list can hold are misses, not exceptions
    to the mean. Lists of users with nothing held out are ignored.

    Args:
        lists: item ids by user id, best first, without repetition.
        held_out: item ids by user id.
        k: length that is scored; a shorter list has misses at its end.

    Raises:
        ContractError: if a list names an item twice or `k` is below 1.
    """
    ranked, test = rank_lists(lists, held_out, k)
    hits = hits_at_k(ranked, test.matrix, k)
    means = {name: metric.mean(hits) for name, metric in METRICS.items()}
    return RankingMetrics(len(test.user_ids), means)
