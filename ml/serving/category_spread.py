"""Which candidates make a list: the best by score, or spread over the categories of a catalogue."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple, Protocol, Self

import numpy as np
import numpy.typing as npt

from ml.retrieval.spread import NONE, Groups, Places, spread, spread_one
from ml.serving.shopper import Shopper
from streams.contracts.category import SEPARATOR, department, names

CANDIDATES_PER_PLACE = 4
"""A list is chosen from so many times its length."""
_ROWS_AT_ONCE = 512
"""Their candidates fit the second-level cache."""


class History(NamedTuple):
    """Which items the users of some rows have met, each once."""

    rows: Places
    """int64 (entries,), ascending."""
    items: Places
    """int64 (entries,)."""


class Spread(Protocol):
    """Makes lists of candidates."""

    def width(self, k: int) -> int:
        """The number of candidates from which lists of `k` items are chosen."""

    def first(
        self, candidates: Places, k: int, preferences: Sequence[str], history: History
    ) -> Places:
        """The lists, int64 (rows, at most k).

        Args:
            candidates: items, int64 (rows, width), best first; -1 is none, at the end.
            k: length of the lists.
            preferences: of each row's user, names of departments, `|`-joined.
            history: of the same users.
        """


class ByScore:
    """The best candidates."""

    def width(self, k: int) -> int:
        """As many as are shown."""
        return k

    def first(
        self,
        candidates: Places,
        k: int,
        preferences: Sequence[str],  # noqa: ARG002
        history: History,  # noqa: ARG002
    ) -> Places:
        """The first of each row."""
        return candidates[:, :k]


BY_SCORE = ByScore()


@dataclass(frozen=True, slots=True)
class CategorySpread:
    """The categories of a catalogue's items, and how far lists are spread over them.

    `ml.retrieval.spread` says how. The best candidate of each preference is on the first two pages,
    and a category of which a history mostly consists may fill a page. An item without a category is
    alone in its group.
    """

    leaves: npt.NDArray[np.int32]
    """The group of each item: its whole category path. NONE follows, so that -1 is in no group."""
    departments: npt.NDArray[np.int32]
    """The first name of each group's path, as `department_codes` has it."""
    department_codes: dict[str, int]
    strength: float
    """As in `ml.retrieval.spread.spread`."""

    @classmethod
    def of(cls, categories: Iterable[str], strength: float) -> Self:
        """Of the category paths of all items, in the order of their vectors."""
        groups: dict[str, int] = {}
        departments: dict[str, int] = {}
        leaves, department_of = [], []
        for item, path in enumerate(categories):
            key = path or f"|{item}"
            if key not in groups:
                groups[key] = len(groups)
                name = department(path)
                department_of.append(departments.setdefault(name, len(departments)))
            leaves.append(groups[key])
        places = np.array([*leaves, NONE], dtype=np.int32)
        return cls(places, np.array(department_of, np.int32), departments, strength)

    def width(self, k: int) -> int:
        """Several for each place."""
        return CANDIDATES_PER_PLACE * k

    def first(
        self, candidates: Places, k: int, preferences: Sequence[str], history: History
    ) -> Places:
        """The first of each row after spreading."""
        own = self._own(history, len(candidates))
        lists = np.empty((len(candidates), min(k, candidates.shape[1])), dtype=np.int64)
        for start in range(0, len(candidates), _ROWS_AT_ONCE):
            rows = slice(start, start + _ROWS_AT_ONCE)
            groups = self.leaves[candidates[rows]]
            wanted = self._wanted(groups, preferences[rows])
            shown = spread(groups, k, self.strength, own=own[rows], wanted=wanted)
            lists[rows] = np.take_along_axis(candidates[rows], shown, axis=1)
        return lists

    def _own(self, history: History, rows: int) -> Places:
        """The category of more than half of each history; NONE where there is no such."""
        own = np.full(rows, NONE)
        categories = len(self.departments)
        # One number for row and category: they are sorted several times as fast as pairs.
        keys = history.rows * categories + self.leaves[history.items]
        pairs, counts = np.unique(keys, return_counts=True)
        row, category = np.divmod(pairs, max(1, categories))
        mostly = 2 * counts > np.bincount(history.rows, minlength=rows)[row]
        own[row[mostly]] = category[mostly]
        return own

    def _wanted(self, groups: Groups, preferences: Sequence[str]) -> npt.NDArray[np.bool_]:
        """The best candidate of each stated preference."""
        wanted = np.zeros(groups.shape, dtype=bool)
        codes = {
            text: [
                self.department_codes[name] for name in names(text) if name in self.department_codes
            ]
            for text in set(preferences)
        }
        asked = [(row, code) for row, text in enumerate(preferences) for code in codes[text]]
        if asked and groups.size:
            row, department = np.array(asked).T
            # NONE, at the end of a row, is taken for the last group.
            found = self.departments[groups][row] == department[:, None]
            found &= groups[row] != NONE
            best = found.argmax(axis=1)
            fits = np.take_along_axis(found, best[:, None], axis=1)[:, 0]
            wanted[row[fits], best[fits]] = True
        return wanted


def spread_for(
    shopper: Shopper,
    item_ids: Sequence[str],
    k: int,
    categories: Mapping[str, str],
    strength: float,
    *,
    brands: Mapping[str, str] = MappingProxyType({}),
) -> tuple[str, ...]:
    """The first `k` of one shopper's candidates after spreading.

    Args:
        shopper: whom the list is for.
        item_ids: the candidates, best first.
        k: length of the list.
        categories: paths of the catalogue's categories by item.
        strength: as in `ml.retrieval.spread.spread`.
        brands: of the items that have one; none has more than half of a page, unless the history is
            mostly of it.
    """
    # What has no category is alone in its group.
    groups = [path or place for place, path in enumerate(map(categories.get, item_ids))]
    met = {interaction.item_id for interaction in shopper.history}
    wanted = _best_of_each(groups, names(SEPARATOR.join(shopper.preferences)))
    made_by = (
        [brand or place for place, brand in enumerate(map(brands.get, item_ids))] if brands else []
    )
    shown = spread_one(
        groups,
        k,
        strength,
        own=_most_of(met, categories),
        wanted=wanted,
        brands=made_by,
        own_brand=_most_of(met, brands),
    )
    return tuple(item_ids[place] for place in shown)


def _most_of(item_ids: Collection[str], groups: Mapping[str, str]) -> str | None:
    """The group of more than half of the items; None where there is no such."""
    numbers = Counter(group for item in item_ids if (group := groups.get(item)))
    return next((group for group, number in numbers.items() if 2 * number > len(item_ids)), None)


def _best_of_each(groups: Sequence[str | int], departments: Iterable[str]) -> set[int]:
    """The first entry of each department, where there is one."""
    left, found, seen = set(departments), set(), set()
    for place, group in enumerate(groups):
        if not left:
            break
        if group in seen or isinstance(group, int):
            continue
        seen.add(group)
        if (name := department(group)) in left:
            left.remove(name)
            found.add(place)
    return found
