"""Candidates: the items that some model proposes for a user, each with its rank by every model.

Ranks do not depend on the scale of a model's scores, which differs by model, log and length of a
history; a blend adds up their logarithms. Reciprocal rank fusion (Cormack et al. 2009) is of the
same kind.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from streams.errors import ContractError

Places = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Candidates:
    """A row of candidates for each user of a block."""

    items: Places
    """Columns of the catalogue, int64 (users, width), ascending; -1 at the end of a row where a
    user has fewer."""
    log_ranks: Mapping[str, Floats]
    """By model, float32 (users, width): log(1 + candidates of the user with a higher score)."""

    @classmethod
    def of(cls, items: Places, scores: Mapping[str, Floats]) -> Self:
        """Rank by the scores of each model, float32 (users, width)."""
        ranked = {
            name: _log_ranks(np.where(items >= 0, found, np.float32(-np.inf)))
            for name, found in scores.items()
        }
        return cls(items, ranked)

    def best(self, blend: Mapping[str, float], k: int) -> Places:
        """The `k` best items of each user, int64 (users, k), -1 where there are less.

        The lowest weighted sum of log ranks is best; of equal sums the lower column comes first.

        Args:
            blend: the weight of each model.
            k: at least 1.

        Raises:
            ContractError: a weight is of a model that ranked nothing.
        """
        absent = blend.keys() - self.log_ranks.keys()
        if absent:
            raise ContractError(f"the blend has models without ranks: {', '.join(sorted(absent))}")
        total = np.zeros(self.items.shape, dtype=np.float32)
        for name, weight in blend.items():
            total += np.float32(weight) * self.log_ranks[name]
        total[self.items < 0] = np.inf
        places = np.argsort(total, axis=1, kind="stable")[:, :k]
        found = np.full((len(self.items), k), -1, dtype=np.int64)
        found[:, : places.shape[1]] = np.take_along_axis(self.items, places, axis=1)
        return found


def union(proposals: Sequence[Places]) -> Places:
    """What any model proposes for a user, each item once, as `Candidates.items` holds it.

    Args:
        proposals: of each model, int64 (users, any number); -1 stands for no item.
    """
    ordered = np.sort(np.hstack(proposals), axis=1)
    repeated = np.zeros(ordered.shape, dtype=bool)
    repeated[:, 1:] = ordered[:, 1:] == ordered[:, :-1]
    ordered[repeated] = -1
    # What remains moves to the front of its row, in its order.
    front = np.argsort(ordered < 0, axis=1, kind="stable")
    width = max(1, int((ordered >= 0).sum(axis=1).max(initial=0)))
    return np.take_along_axis(ordered, front, axis=1)[:, :width]


def _log_ranks(scores: Floats) -> Floats:
    """Of each row's scores; equal ones have the same rank."""
    order = np.argsort(-scores, axis=1, kind="stable")
    descending = np.take_along_axis(scores, order, axis=1)
    place = np.broadcast_to(np.arange(scores.shape[1]), scores.shape).copy()
    place[:, 1:][descending[:, 1:] == descending[:, :-1]] = 0
    np.maximum.accumulate(place, axis=1, out=place)
    ranks = np.empty(scores.shape, dtype=np.float32)
    np.put_along_axis(ranks, order, np.log1p(place, dtype=np.float32), axis=1)
    return ranks
