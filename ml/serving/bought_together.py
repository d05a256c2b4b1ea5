"""What was bought together, as a web worker holds it: arrays, some 10 bytes for each pair."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from sys import intern
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from ml.registry.bought_together import Together


class Companion(NamedTuple):
    """An item that shoppers bought as well."""

    item_id: str
    shoppers: int
    """How many bought it and `item_in_question`."""
    item_in_question: str
    """Of the items that were asked about, the one that it goes with most."""


@dataclass(frozen=True, slots=True)
class BoughtTogether:
    """The pairs of one version."""

    item_ids: Sequence[str]
    places: Mapping[str, int]
    """In `item_ids`."""
    bounds: npt.NDArray[np.int32]
    """(items, 2): where the companions of an item begin and end."""
    companions: npt.NDArray[np.int32]
    """(pairs,): places in `item_ids`."""
    shoppers: npt.NDArray[np.int32]
    """(pairs,)."""
    log_lifts: npt.NDArray[np.float32]
    """(pairs,)."""

    @classmethod
    def of(cls, rows: Iterable[Together]) -> Self:
        """Pack rows, each of another item."""
        places: dict[str, int] = {}
        bounds = []
        companions, shoppers, lifts = array("i"), array("i"), array("f")
        for row in rows:
            place = places.setdefault(intern(row.item_id), len(places))
            bounds.append((place, len(companions), len(companions) + len(row.together)))
            companions.extend(places.setdefault(intern(item), len(places)) for item in row.together)
            shoppers.extend(row.shoppers)
            lifts.extend(row.lifts)
        of_item = np.zeros((len(places), 2), dtype=np.int32)
        if bounds:
            place, begin, end = np.array(bounds).T
            of_item[place] = np.stack([begin, end], axis=1)
        return cls(
            tuple(places),
            places,
            of_item,
            np.array(companions, dtype=np.int32),
            np.array(shoppers, dtype=np.int32),
            np.log(np.array(lifts, dtype=np.float32)),
        )

    def __len__(self) -> int:
        """How many pairs there are."""
        return len(self.companions)

    def with_all(self, item_ids: Iterable[str], limit: int) -> tuple[Companion, ...]:
        """What goes with some items, without these: the highest sum of log lifts first.

        The sum is what naive Bayes makes of several items: each of them is evidence of its own.
        """
        asked = [self.places[item] for item in dict.fromkeys(item_ids) if item in self.places]
        if not asked:
            return ()
        bounds = self.bounds[asked]
        entries = np.concatenate([np.arange(*each) for each in bounds.tolist()])
        of = np.repeat(np.array(asked, dtype=np.int32), bounds[:, 1] - bounds[:, 0])
        # The strongest pair of each companion comes first, which is the one that `unique` names.
        order = np.argsort(-self.log_lifts[entries], kind="stable")
        entries, of = entries[order], of[order]
        found, first, group = np.unique(
            self.companions[entries], return_index=True, return_inverse=True
        )
        scores = np.bincount(group, weights=self.log_lifts[entries], minlength=len(found))
        scores[np.isin(found, asked)] = 0
        best = np.argsort(-scores, kind="stable")[:limit]
        best = best[scores[best] > 0]
        strongest = first[best]
        ids = self.item_ids
        return tuple(
            Companion(ids[item], shoppers, ids[item_in_question])
            for item, shoppers, item_in_question in zip(
                found[best].tolist(),
                self.shoppers[entries[strongest]].tolist(),
                of[strongest].tolist(),
                strict=True,
            )
        )


NOTHING = BoughtTogether.of(())
