"""Interactions as arrays: what both encodings of users read, of one shopper and of all."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from streams.contracts import Interaction, InteractionType
from streams.errors import ContractError

if TYPE_CHECKING:
    import pandas as pd

KINDS = tuple(InteractionType)
"""Types of interactions by their code."""
_CODES = {kind: code for code, kind in enumerate(KINDS)}
_FIELDS = attrgetter("timestamp", "interaction_type", "rating", "quantity")


@dataclass(frozen=True, slots=True)
class Events:
    """Interactions of some users with items that are known; arrays of one length, in any order."""

    users: npt.NDArray[np.int64]
    """int64, the place of the user."""
    items: npt.NDArray[np.int64]
    """int64, the place of the item."""
    times: npt.NDArray[np.int64]
    """int64, nanoseconds since 1970 (UTC); the smallest number where the instant is unknown."""
    kinds: npt.NDArray[np.int8]
    """int8, indices of KINDS."""
    ratings: npt.NDArray[np.float64]
    """float64, stars; NaN where there are none."""
    quantities: npt.NDArray[np.float64]
    """float64, pieces; NaN where they are unknown."""

    @classmethod
    def of_frame(
        cls, interactions: "pd.DataFrame", user_ids: Sequence[str], items: "pd.Index"
    ) -> Self:
        """The rows of INTERACTION_COLUMNS whose user and item are known.

        Raises:
            ContractError: if one of them is of an unknown type.
        """
        import pandas as pd

        users = pd.Index(user_ids).get_indexer(pd.Index(interactions["user_id"]))
        places = items.get_indexer(pd.Index(interactions["item_id"]))
        known = np.flatnonzero((users >= 0) & (places >= 0))
        # Not the ids: copies of their columns would take more memory than all arrays.
        rows = interactions[["timestamp", "interaction_type", "rating", "quantity"]].iloc[known]
        kinds = pd.Index(list(map(str, KINDS))).get_indexer(pd.Index(rows["interaction_type"]))
        if (kinds < 0).any():
            unknown = sorted(set(map(str, rows["interaction_type"][kinds < 0])))
            raise ContractError(f"interactions are of unknown type: {', '.join(unknown)}")
        return cls(
            users[known].astype(np.int64),
            places[known].astype(np.int64),
            rows["timestamp"].to_numpy(dtype="datetime64[ns]").view(np.int64),
            kinds.astype(np.int8),
            rows["rating"].to_numpy(dtype=np.float64),
            rows["quantity"].to_numpy(dtype=np.float64),
        )

    @classmethod
    def of_each(
        cls, histories: Iterable[Sequence[Interaction]], place: Callable[[str], int | None]
    ) -> Self:
        """Each user's interactions with the items that have a place."""
        known = [
            (user, item, *_FIELDS(each))
            for user, interactions in enumerate(histories)
            for each in interactions
            if (item := place(each.item_id)) is not None
        ]
        users, items, instants, kinds, ratings, quantities = (
            zip(*known, strict=True) if known else ((),) * 6
        )
        return cls(
            np.array(users, dtype=np.int64),
            np.array(items, dtype=np.int64),
            # Whole microseconds: a float has no room for an instant in nanoseconds.
            np.rint([1e6 * each.timestamp() for each in instants]).astype(np.int64) * 1000,
            np.array([_CODES[each] for each in kinds], dtype=np.int8),
            np.array(ratings, dtype=np.float64),
            np.array(quantities, dtype=np.float64),
        )

    def __len__(self) -> int:
        return len(self.users)

    def take(self, places: npt.NDArray[Any]) -> "Events":
        """Those at these places, or those of a mask."""
        return Events(
            self.users[places],
            self.items[places],
            self.times[places],
            self.kinds[places],
            self.ratings[places],
            self.quantities[places],
        )


def starts(*keys: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Where each run of equal keys begins, int64; the keys are sorted together."""
    changes = np.zeros(max(0, len(keys[0]) - 1), dtype=bool)
    for key in keys:
        changes |= key[1:] != key[:-1]
    return np.concatenate([np.zeros(min(1, len(keys[0])), np.int64), np.flatnonzero(changes) + 1])
