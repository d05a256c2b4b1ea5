"""Ranking metrics over the full catalogue, averaged over users with something held out.

Järvelin and Kekäläinen (2002) for NDCG; its ideal list holds min(number held out, k) items, as in
the public protocols of LightGCN and UltraGCN.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.sparse

from streams.errors import ContractError

Floats = npt.NDArray[np.float64]


def recall_at_k(ranked: npt.NDArray[np.int64], held_out: scipy.sparse.csr_array, k: int) -> float:
    """Mean share of a user's held-out items among their first `k`.

    Args:
        ranked: item indices, int64 (users, at least k), best first; -1 stands for no item.
        held_out: (users, items); each stored entry is a held-out item. Users without any do not
            count.
        k: length of the list that is judged.

    Raises:
        ContractError: if the shapes do not fit together.
    """
    return _mean(recall_per_user(ranked, held_out, k))


def recall_per_user(
    ranked: npt.NDArray[np.int64], held_out: scipy.sparse.csr_array, k: int
) -> Floats:
    """What `recall_at_k` is the mean of, float64 (users with something held out,)."""
    found = _hits(ranked, held_out, k)
    shares: Floats = found.hits.sum(axis=1) / found.sizes
    return shares


def ndcg_at_k(ranked: npt.NDArray[np.int64], held_out: scipy.sparse.csr_array, k: int) -> float:
    """Mean normalised discounted cumulative gain of the first `k`; arguments as `recall_at_k`."""
    return _mean(ndcg_per_user(ranked, held_out, k))


def ndcg_per_user(
    ranked: npt.NDArray[np.int64], held_out: scipy.sparse.csr_array, k: int
) -> Floats:
    """What `ndcg_at_k` is the mean of, float64 (users with something held out,)."""
    found = _hits(ranked, held_out, k)
    discounts = 1 / np.log2(np.arange(2, k + 2))
    ideal: Floats = np.cumsum(discounts)[np.minimum(found.sizes, k) - 1]
    return found.hits @ discounts / ideal


def hit_rate_at_k(ranked: npt.NDArray[np.int64], held_out: scipy.sparse.csr_array, k: int) -> float:
    """Share of users with a held-out item among their first `k`; arguments as `recall_at_k`."""
    found = _hits(ranked, held_out, k)
    return float(np.mean(found.hits.any(axis=1))) if len(found.sizes) else 0.0


def _mean(values: Floats) -> float:
    return float(np.mean(values)) if len(values) else 0.0


class _Hits(NamedTuple):
    hits: npt.NDArray[np.bool_]
    """(users with something held out, k): whether that place of the list is a held-out item."""
    sizes: npt.NDArray[np.int64]
    """(users with something held out,): how many items each has."""


def _hits(ranked: npt.NDArray[np.int64], held_out: scipy.sparse.csr_array, k: int) -> _Hits:
    if ranked.ndim != 2 or len(ranked) != held_out.shape[0]:  # noqa: PLR2004 - two axes
        raise ContractError(f"ranked {ranked.shape} and held_out {held_out.shape} do not fit")
    if not 1 <= k <= ranked.shape[1]:
        raise ContractError(f"k is {k}, but the lists have {ranked.shape[1]} places")
    sizes = np.diff(held_out.indptr).astype(np.int64)
    items = np.int64(held_out.shape[1])
    wanted = np.repeat(np.arange(len(sizes)), sizes) * items + held_out.indices
    listed = np.arange(len(sizes))[:, None] * items + ranked[:, :k]
    hits = np.isin(listed, wanted) & (ranked[:, :k] >= 0)
    return _Hits(hits[sizes > 0], sizes[sizes > 0])
