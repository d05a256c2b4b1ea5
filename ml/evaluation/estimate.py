"""Recall and NDCG of ranked lists with their intervals."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse

from ml.evaluation.bootstrap import Interval, bootstrap_interval
from ml.evaluation.held_out import HeldOut
from ml.evaluation.metrics import ndcg_per_user, recall_per_user


@dataclass(frozen=True, slots=True)
class Estimate:
    """Means over users with 95 % bootstrap intervals."""

    users: int
    recall: Interval
    ndcg: Interval


def estimate(
    ranked: npt.NDArray[np.int64], held_out: scipy.sparse.csr_array, k: int, *, seed: int = 0
) -> Estimate:
    """Judge the first `k` of each row; arguments as `ml.evaluation.metrics.recall_at_k`.

    Raises:
        ContractError: if the shapes do not fit together, or nobody has anything held out.
    """
    recall = recall_per_user(ranked, held_out, k)
    ndcg = ndcg_per_user(ranked, held_out, k)
    return Estimate(
        users=len(recall),
        recall=bootstrap_interval(recall, seed=seed),
        ndcg=bootstrap_interval(ndcg, seed=seed),
    )


def estimate_lists(
    lists: Mapping[str, Sequence[str]],
    held_out: Mapping[str, Collection[str]],
    k: int,
    *,
    seed: int = 0,
) -> Estimate:
    """Judge the first `k` of each user's list as `ml.evaluation.protocol.score_lists` does.

    Args:
        lists: item ids by user id, best first, without repetition.
        held_out: item ids by user id; a user with none does not count.
        k: length that is judged.
        seed: of the intervals.

    Raises:
        ContractError: if nobody has anything held out.
    """
    first = {user: list(lists.get(user, ()))[:k] for user in held_out}
    items = pd.Index(sorted({item for found in first.values() for item in found}), dtype=object)
    test = HeldOut.of(held_out, items)
    ranked = np.full((len(test.user_ids), k), -1, dtype=np.int64)
    for row, user in enumerate(test.user_ids):
        ranked[row, : len(first[user])] = items.get_indexer(pd.Index(first[user], dtype=object))
    return estimate(ranked, test.matrix, k, seed=seed)
