"""What is bought together: pairs of items that more shoppers bought than chance would have it.

The lift of a pair is how many shoppers bought both, divided by how many would if the two were
bought independently of each other. Of few shoppers that ratio says little: two items that one
shopper each bought, the same one, have the highest lift of all. So it is shrunk towards 1, as the
mean of a gamma posterior (DuMouchel 1999, "Bayesian Data Mining in Large Frequency Tables, with an
Application to the FDA Spontaneous Reporting System", with one fixed gamma in place of a mixture).
"""

from collections.abc import Collection, Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse

from ml.registry.bought_together import Together
from streams.contracts import InteractionType

K = 20
"""Items that are kept for each item."""
MIN_SHOPPERS = 2
"""Who bought both; what one shopper bought is no pattern, and a personal datum."""
PRIOR_SHOPPERS = 10.0
"""Shape and rate of the gamma prior: a pair is believed once it has more shoppers than this."""
MAX_ITEMS_OF_A_SHOPPER = 200
"""The newest of a shopper's products that count. Pairs grow with their square."""
_ITEMS_AT_ONCE = 1024


def co_purchases(
    interactions: pd.DataFrame,
    on_sale: Collection[str],
    *,
    k: int = K,
    min_shoppers: int = MIN_SHOPPERS,
    prior_shoppers: float = PRIOR_SHOPPERS,
) -> Iterator[Together]:
    """For each item that was bought: what else its shoppers bought, highest shrunk lift first.

    An item without any is left out.

    Args:
        interactions: INTERACTION_COLUMNS; purchases alone count, whenever they happened.
        on_sale: the items that may be listed.
        k: items for each item at most.
        min_shoppers: who bought both, at least.
        prior_shoppers: how strongly the lift is shrunk.
    """
    matrix, items = _bought(interactions)
    listed = np.isin(items, list(on_sale))
    buyers = matrix.shape[0]
    by_item = matrix.T.tocsr()
    of_item = np.diff(by_item.indptr).astype(np.float64)
    for first in range(0, len(items), _ITEMS_AT_ONCE):
        pairs = (by_item[first : first + _ITEMS_AT_ONCE] @ matrix).tocoo()
        one, other = pairs.row + first, pairs.col
        kept = (pairs.data >= min_shoppers) & (one != other) & listed[other]
        one, other, shoppers = one[kept], other[kept], pairs.data[kept]
        expected = of_item[one] * of_item[other] / buyers
        lift = (shoppers + prior_shoppers) / (expected + prior_shoppers)
        order = np.lexsort((other, -lift, one))
        order = order[lift[order] > 1]
        starts = np.flatnonzero(np.diff(one[order]))
        for entries in np.split(order, starts + 1) if len(order) else ():
            best = entries[:k]
            yield Together(
                str(items[one[best[0]]]),
                items[other[best]].tolist(),
                shoppers[best].tolist(),
                lift[best].tolist(),
            )


def _bought(interactions: pd.DataFrame) -> tuple[scipy.sparse.csr_array, npt.NDArray[np.object_]]:
    """Who bought what, int32 (shoppers, items), each entry 1; and the items' ids, sorted."""
    log = interactions[interactions["interaction_type"] == InteractionType.PURCHASE.value]
    log = log.sort_values(["timestamp", "item_id"])
    log = log.drop_duplicates(["user_id", "item_id"], keep="last")
    log = log.groupby("user_id").tail(MAX_ITEMS_OF_A_SHOPPER)
    columns, items = pd.factorize(log["item_id"], sort=True)
    rows, users = pd.factorize(log["user_id"])
    entries = (np.ones(len(log), dtype=np.int32), (rows, columns))
    matrix = scipy.sparse.csr_array(entries, shape=(len(users), len(items)))
    return matrix, np.asarray(items, dtype=object)
