"""Which user has interacted with which item, as a sparse matrix."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import scipy.sparse


def seen_matrix(
    interactions: pd.DataFrame, user_ids: Sequence[str], item_ids: Sequence[str]
) -> scipy.sparse.csr_array:
    """True where a user interacted with an item: bool (len(user_ids), len(item_ids)).

    Args:
        interactions: any table with `user_id` and `item_id`; other users and items are ignored.
        user_ids: the user of each row, without repetition.
        item_ids: the item of each column, without repetition.
    """
    rows = pd.Index(user_ids).get_indexer(pd.Index(interactions["user_id"]))
    columns = pd.Index(item_ids).get_indexer(pd.Index(interactions["item_id"]))
    known = (rows >= 0) & (columns >= 0)
    shape = (len(user_ids), len(item_ids))
    entries = (np.ones(int(known.sum()), dtype=bool), (rows[known], columns[known]))
    seen = scipy.sparse.csr_array(entries, shape=shape, dtype=bool)
    seen.sum_duplicates()
    return seen
