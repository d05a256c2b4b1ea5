"""Spreads lists over groups of items, such as categories, so that none fills a page.

An entry's place follows from log(1 + rank) + strength * log(1 + rank within its group), where ranks
begin at 0. That is what maximal marginal relevance (Carbonell & Goldstein 1998) chooses, step by
step, with the number of the group's entries that are in the list already as the redundancy: the
entries of a group keep their order, so the greedy choice is a sort. Ranks do not depend on the
scale of a model's scores.

Two rules hold beside it. No group has more than half of a page, unless the user's own history is
mostly of it; and the best entry of each kind that the user asked for is on the first two pages.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterator, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.int64]
Groups = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

_UNIT = 2.0**-40
"""Costs that differ by less are equal: rounding must not decide."""
_NEVER = 1 << 46
"""More than any cost, with room for the columns of a row."""
NONE = -1
PAGE = 20
"""Entries of a page, of which a group has at most half."""


def spread(
    groups: Groups,
    k: int,
    strength: float,
    *,
    own: Places | None = None,
    wanted: Flags | None = None,
) -> Places:
    """Which entries of each row come first, and in which order: columns, int64 (rows, at most k).

    Args:
        groups: of each entry, int32 (rows, width), best entry first; NONE is no entry, at the end.
        k: length of the new rows.
        strength: 0 leaves it to the two rules. At 1 the second entry of a group has as good a place
            as an entry of another group at twice its rank.
        own: the group of which each row may have more than half of a page, int64 (rows,).
        wanted: entries that must be on the first two pages, bool (rows, width).
    """
    own = np.full(len(groups), NONE) if own is None else own
    wanted = np.zeros(groups.shape, dtype=bool) if wanted is None else wanted
    width = groups.shape[1]
    logs = np.log1p(np.arange(width))
    cost = np.rint((logs + (strength * logs)[_earlier_of_group(groups)]) / _UNIT).astype(np.int64)
    cost[groups == NONE] = _NEVER
    order = _order(cost, _NEVER)
    groups = np.take_along_axis(groups, order, axis=1)
    wanted = np.take_along_axis(wanted, order, axis=1)
    pages = -(-min(k, width) // PAGE)
    page = np.full(groups.shape, pages, dtype=np.int16)
    for number in range(pages):
        left = (page == pages) & (groups != NONE)
        allowed = _earlier_of_group(np.where(left, groups, np.int32(NONE))) < PAGE // 2
        allowed |= groups == own[:, None]
        turn = np.where(allowed, np.int16(1), np.int16(2))
        if number == 1:
            turn[wanted] = 0
        turn[~left] = 3
        chosen = np.zeros(groups.shape, dtype=bool)
        first = _order(turn, 3)[:, :PAGE]
        np.put_along_axis(chosen, first, values=True, axis=1)
        page[chosen & left] = number
    shown = _order(page, pages)[:, :k]
    return np.take_along_axis(order, shown, axis=1)


def spread_one(
    groups: Sequence[Hashable],
    k: int,
    strength: float,
    *,
    own: Hashable = None,
    wanted: Collection[int] = (),
    brands: Sequence[Hashable] = (),
    own_brand: Hashable = None,
) -> list[int]:
    """As `spread` for one row, in a fifth of its time: numpy is slow on so few entries.

    Args:
        groups: of each entry, best entry first.
        k: length of the new row.
        strength: as in `spread`.
        own: the group that may have more than half of a page; None: no group.
        wanted: entries that must be on the first two pages.
        brands: of each entry; none of them has more than half of a page either. Empty: they do not
            matter.
        own_brand: the brand that may have more than half of a page; None: no brand.
    """
    limits = [(groups, own), (brands, own_brand)] if brands else [(groups, own)]
    logs = np.log1p(np.arange(len(groups)))
    within: defaultdict[Hashable, Iterator[float]] = defaultdict(partial(iter, logs.tolist()))
    earlier = np.fromiter(map(next, map(within.__getitem__, groups)), np.float64, len(groups))
    cost = np.rint((logs + strength * earlier) / _UNIT)
    left = np.argsort(cost, kind="stable").tolist()
    shown: list[int] = []
    while left and len(shown) < k:
        asked = [entry for entry in left if entry in wanted] if len(shown) == PAGE else []
        page, looked_at = _page(left, limits, asked)
        shown += [entry for entry in left[:looked_at] if entry in page]
        left = [entry for entry in left[:looked_at] if entry not in page] + left[looked_at:]
    return shown[:k]


def _page(
    left: Sequence[int],
    limits: Sequence[tuple[Sequence[Hashable], Hashable]],
    asked: Sequence[int],
) -> tuple[set[int], int]:
    """The entries of the next page: what is asked for, what its groups have room for, the others.

    Beside them the number of entries, from the first one, that it is taken from.

    A limit has the group of each entry, and the group that it does not hold for.
    """
    page, waiting = set(asked[:PAGE]), []
    counted: list[tuple[Sequence[Hashable], Hashable, dict[Hashable, int]]] = [
        (groups, own, {}) for groups, own in limits
    ]
    for place, entry in enumerate(left):
        if len(page) == PAGE:
            return page, len(left) if asked else place
        for groups, own, numbers in counted:
            key = groups[entry]
            if numbers.get(key, 0) >= PAGE // 2 and key != own and entry not in page:
                waiting.append(entry)
                break
        else:
            page.add(entry)
            for groups, _, numbers in counted:
                numbers[groups[entry]] = numbers.get(groups[entry], 0) + 1
    for entry in waiting:
        if len(page) == PAGE:
            break
        page.add(entry)
    return page, len(left)


def _earlier_of_group(groups: Groups) -> Places:
    """How many entries of its group come before each entry of a row, int64 (rows, width)."""
    width = np.arange(groups.shape[1])
    order = _order(groups, int(groups.max(initial=0)))
    ordered = np.take_along_axis(groups, order, axis=1)
    begins = np.zeros(groups.shape, dtype=np.int64)
    begins[:, 1:] = np.where(ordered[:, 1:] != ordered[:, :-1], width[1:], 0)
    np.maximum.accumulate(begins, axis=1, out=begins)
    earlier = np.empty(groups.shape, dtype=np.int64)
    np.put_along_axis(earlier, order, width - begins, axis=1)
    return earlier


def _order(numbers: npt.NDArray[np.integer], largest: int) -> Places:
    """The stable argsort of each row's numbers, which are `largest` at most.

    Sorting integers that hold the number and its column takes a quarter of the time, and the
    shorter the integers are, the less.
    """
    bits = numbers.shape[1].bit_length()
    needed = largest.bit_length() + bits
    dtype = np.int16 if needed < 16 else np.int32 if needed < 32 else np.int64  # noqa: PLR2004
    keys = (numbers.astype(dtype) << bits) | np.arange(numbers.shape[1], dtype=dtype)
    keys.sort(axis=1)
    keys &= (1 << bits) - 1
    order: Places = keys.astype(np.int64)
    return order
