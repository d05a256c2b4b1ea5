"""How lists are scored against what was held out; one protocol for the pipeline and the replay."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse

from ml.evaluation.metrics import hit_rate_at_k, ndcg_at_k, recall_at_k
from streams.errors import ContractError


@dataclass(frozen=True, slots=True)
class Scores:
    """Means over the users of a test."""

    recall: float
    ndcg: float
    hit_rate: float
    users: int
    """Users with at least one held-out item, those without a list included."""


def score_lists(
    lists: Mapping[str, Sequence[str]], held_out: Mapping[str, Collection[str]], k: int
) -> Scores:
    """Score the first `k` of each user's list.

    A user without a list, and a held-out item that no list can hold, are misses, not exceptions
    to the average. Lists of users with nothing held out are passed over.

    Args:
        lists: item ids by user id, best first, without repetition.
        held_out: item ids by user id.
        k: length that is judged; a shorter list has misses at its end.

    Raises:
        ContractError: if a list names an item twice or `k` is below 1.
    """
    if k < 1:
        raise ContractError(f"k must be at least 1, not {k}")
    tested = {user: set(items) for user, items in held_out.items() if items}
    positions: dict[str, int] = {}
    ranked = np.full((len(tested), k), -1, dtype=np.int64)
    rows: list[int] = []
    columns: list[int] = []
    for row, (user, wanted) in enumerate(tested.items()):
        first = list(lists.get(user, ()))[:k]
        if len(set(first)) != len(first):
            raise ContractError(f"the list of user {user!r} names an item twice")
        ranked[row, : len(first)] = [positions.setdefault(item, len(positions)) for item in first]
        columns += [positions.setdefault(item, len(positions)) for item in sorted(wanted)]
        rows += [row] * len(wanted)
    shape = (len(tested), len(positions))
    matrix = scipy.sparse.csr_array((np.ones(len(rows), dtype=bool), (rows, columns)), shape=shape)
    return Scores(
        recall=recall_at_k(ranked, matrix, k),
        ndcg=ndcg_at_k(ranked, matrix, k),
        hit_rate=hit_rate_at_k(ranked, matrix, k),
        users=len(tested),
    )
