"""What lists are worth besides being right: how much of the catalogue they show, how novel."""

import numpy as np
import numpy.typing as npt


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

    An item that a share p of the users has met tells -log2 p. Averaged over each list, then over
    the lists that are not empty (Vargas and Castells 2011); 0 where all are.

    Args:
        ranked: item indices, int64 (lists, k); -1 stands for no item.
        users_by_item: how many users have met each item, at least 1.
        users: how many there are.
    """
    listed = ranked >= 0
    lengths = listed.sum(axis=1)
    if not lengths.any():
        return 0.0
    information = -np.log2(users_by_item / users)
    sums = np.where(listed, information[ranked], 0.0).sum(axis=1)
    return float(np.mean(sums[lengths > 0] / lengths[lengths > 0]))
