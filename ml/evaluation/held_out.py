"""What is held out, as a matrix beside ranked columns."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
import scipy.sparse


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Users of a test with what they are to be offered."""

    user_ids: list[str]
    """Those with at least one held-out item, sorted."""
    matrix: scipy.sparse.csr_array
    """bool (user_ids, more than items): each stored entry is a held-out item. Behind the columns
    of the items stand those that no list can hold: they are misses."""

    @classmethod
    def of(cls, held_out: Mapping[str, Collection[str]], items: pd.Index) -> Self:
        """Set held-out item ids by user id beside the columns of `items`."""
        user_ids = sorted(user for user, wanted in held_out.items() if wanted)
        sizes = [len(set(held_out[user])) for user in user_ids]
        wanted = pd.Index([item for user in user_ids for item in sorted(set(held_out[user]))])
        columns = items.get_indexer(wanted)
        strange = columns < 0
        columns[strange] = len(items) + pd.factorize(wanted[strange])[0]
        rows = np.repeat(np.arange(len(user_ids)), sizes)
        width = max(len(items), int(columns.max(initial=-1)) + 1)
        entries = (np.ones(len(rows), dtype=bool), (rows, columns))
        return cls(user_ids, scipy.sparse.csr_array(entries, shape=(len(user_ids), width)))
