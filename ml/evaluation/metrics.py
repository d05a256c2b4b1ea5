"""Metrics of ranked lists, over the full catalogue.

A ranking metric is one `Metric` of METRICS: that puts it into the table and the JSON of
`recsys evaluate`, the model card, the figures of the registry and `recsys synthetic evaluate`.
Coverage and novelty say what lists are worth besides being right.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.sparse

from streams.errors import ContractError

Floats = npt.NDArray[np.float64]


class Hits(NamedTuple):
    """Where the lists of users hold their held-out items; users without any are left out."""

    hits: npt.NDArray[np.bool_]
    """(users, k): whether that place of the list is a held-out item."""
    sizes: npt.NDArray[np.int64]
    """(users,): how many held-out items each user has, at least 1."""


def hits_at_k(ranked: npt.NDArray[np.int64], held_out: scipy.sparse.csr_array, k: int) -> Hits:
    """Compare the first `k` places of each list with what is held out.

    Args:
        ranked: item indices, int64 (users, at least k), best first; -1 stands for no item.
        held_out: (users, items); each stored entry is a held-out item. Users without any do not
            count.
        k: length of the list that is scored.

    Raises:
        ContractError: if the shapes do not fit together.
    """
    if ranked.ndim != 2 or len(ranked) != held_out.shape[0]:  # noqa: PLR2004 - two axes
        raise ContractError(f"ranked {ranked.shape} and held_out {held_out.shape} do not fit")
    if not 1 <= k <= ranked.shape[1]:
        raise ContractError(f"k is {k}, but the lists have {ranked.shape[1]} places")
    sizes = np.diff(held_out.indptr).astype(np.int64)
    items = np.int64(held_out.shape[1])
    targets = np.repeat(np.arange(len(sizes)), sizes) * items + held_out.indices
    listed = np.arange(len(sizes))[:, None] * items + ranked[:, :k]
    hits = np.isin(listed, targets) & (ranked[:, :k] >= 0)
    return Hits(hits[sizes > 0], sizes[sizes > 0])


@dataclass(frozen=True, slots=True)
class Metric:
    """A ranking metric: one value per user, of which reports show the mean."""

    name: str
    """In JSON: `name@20`, `name_at_20`."""
    label: str
    """In tables and charts."""
    per_user: Callable[[Hits], Floats]
    """float64 (users,)."""
    decimals: int = 4
    higher_is_better: bool = True

    def mean(self, hits: Hits) -> float:
        """The mean over the users; 0 where there are none."""
        values = self.per_user(hits)
        return float(np.mean(values)) if len(values) else 0.0


def _recall(found: Hits) -> Floats:
    shares: Floats = found.hits.sum(axis=1) / found.sizes
    return shares


def _ndcg(found: Hits) -> Floats:
    k = found.hits.shape[1]
    discounts = 1 / np.log2(np.arange(2, k + 2))
    ideal: Floats = np.cumsum(discounts)[np.minimum(found.sizes, k) - 1]
    return found.hits @ discounts / ideal


def _hit_rate(found: Hits) -> Floats:
    return np.asarray(found.hits.any(axis=1), dtype=np.float64)


RECALL = Metric("recall", "recall", _recall)
"""The share of a user's held-out items that the list holds."""
NDCG = Metric("ndcg", "NDCG", _ndcg)
"""Normalised discounted cumulative gain (Järvelin and Kekäläinen 2002); its ideal list holds
min(number held out, k) items, as in the public protocols of LightGCN and UltraGCN."""
HIT_RATE = Metric("hit_rate", "hit rate", _hit_rate)
"""Whether the list holds any held-out item."""

METRICS: dict[str, Metric] = {metric.name: metric for metric in (RECALL, NDCG)}
"""Shown everywhere, at the length of the lists. With one held-out item per user, as on a model
card, the hit rate would be the recall."""

SHORT_LIST = 10
SHORT_LIST_METRICS = (HIT_RATE, NDCG)
"""What a comparison shows of the first SHORT_LIST places, as papers on sequential models do."""


def coverage(ranked: npt.NDArray[np.int64], items: int) -> float:
    """The share of all items that occur in any list (Herlocker et al. 2004).

    Args:
        ranked: item indices, int64 (users, k); -1 stands for no item.
        items: how many there are.
    """
    shown = np.unique(ranked[ranked >= 0])
    return len(shown) / items if items else 0.0


def novelty(
    ranked: npt.NDArray[np.int64], users_by_item: npt.NDArray[np.int64], users: int
) -> float:
    """Mean self-information of the listed items in bits (Zhou et al. 2010).

    An item that a share p of the users has seen has -log2 p bits. The mean is over each list, then
    over the lists that are not empty (Vargas and Castells 2011); 0 where all are.

    Args:
        ranked: item indices, int64 (lists, k); -1 stands for no item.
        users_by_item: how many users have seen each item, at least 1.
        users: how many there are.
    """
    listed = ranked >= 0
    lengths = listed.sum(axis=1)
    if not lengths.any():
        return 0.0
    information = -np.log2(users_by_item / users)
    sums = np.where(listed, information[ranked], 0.0).sum(axis=1)
    return float(np.mean(sums[lengths > 0] / lengths[lengths > 0]))
