"""The histories of users, as the user tower reads them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.towers.confidence import confidence_weights, without_judged_views
from ml.towers.config import ConfidenceConfig
from ml.towers.events import Events, starts

if TYPE_CHECKING:
    import pandas as pd

_NANOSECONDS_A_DAY = 86_400_000_000_000
_UNKNOWN = np.iinfo(np.int64).min
"""The instant of an event whose instant is unknown."""


@dataclass(frozen=True, slots=True)
class Sequences:
    """Entries of several users from the oldest to the newest, padded at the end."""

    entries: npt.NDArray[np.int64]
    """int64 (users, length), indices of entries, any in the padding."""
    is_entry: npt.NDArray[np.bool_]
    """bool (users, length), False in the padding."""
    lengths: npt.NDArray[np.int64]
    """int64 (users,), at least 1."""


@dataclass(frozen=True, slots=True)
class Histories:
    """One entry per user and item; user u has the entries offsets[u]:offsets[u + 1]."""

    offsets: npt.NDArray[np.int64]
    """int64 (users + 1,)."""
    items: npt.NDArray[np.int64]
    """int64 (entries,), the index of the item."""
    confidence: npt.NDArray[np.float32]
    """float32 (entries,), the confidence weight; negative where it counts against the item, never
    0."""
    ages: npt.NDArray[np.float32]
    """float32 (entries,), days before the user's newest entry; 0 where the time is unknown."""

    @classmethod
    def of(
        cls, events: Events, users: int, config: ConfidenceConfig, newest: int | None = None
    ) -> "Histories":
        """Group the events of so many users by user and item.

        The weights of repeated interactions with one item do not add up: the tenth view says
        little that the strongest interaction does not. The highest positive weight and the lowest
        negative weight are added.

        Args:
            events: of all users, in any order.
            users: how many there are.
            config: what each type of interaction weighs.
            newest: how many interactions of a user count, a view and its verdict being one.

        Raises:
            ContractError: as `confidence_weights` does.
        """
        events = without_judged_views(events)
        if newest is not None and len(events) > newest:
            events = _newest(events, users, newest)
        events = events.take(np.lexsort((events.items, events.users)))
        weights = confidence_weights(events, config)
        first = starts(events.users, events.items)
        days = np.where(events.times == _UNKNOWN, np.nan, events.times / _NANOSECONDS_A_DAY)
        positive = _by_run(np.maximum, np.maximum(weights, 0), first)
        confidence = positive + _by_run(np.minimum, np.minimum(weights, 0), first)
        counts = np.flatnonzero(confidence)
        items = events.items[first]
        owners, days = events.users[first][counts], _by_run(np.fmax, days, first)[counts]
        offsets = np.searchsorted(owners, np.arange(users + 1)).astype(np.int64)
        first = starts(owners)
        latest = np.repeat(_by_run(np.fmax, days, first), np.diff(first, append=len(owners)))
        return cls(
            offsets=offsets,
            items=items[counts],
            confidence=confidence[counts],
            ages=np.nan_to_num(latest - days).astype(np.float32),
        )

    @classmethod
    def build(
        cls,
        interactions: "pd.DataFrame",
        user_ids: Sequence[str],
        items: "pd.Index",
        config: ConfidenceConfig,
        newest: int | None = None,
    ) -> "Histories":
        """`of` the rows of INTERACTION_COLUMNS; unknown users and items are ignored.

        Args:
            interactions: of all users, in any order.
            user_ids: the users, in the order of the histories.
            items: the items that are known.
            config: as for `of`.
            newest: as for `of`.

        Raises:
            ContractError: if an interaction is not valid.
        """
        events = Events.of_frame(interactions, user_ids, items)
        return cls.of(events, len(user_ids), config, newest)

    def weights(self, recency_half_life: float | None) -> npt.NDArray[np.float32]:
        """Confidence weight times recency of each entry, float32 (entries,).

        Recency is relative to the user's newest entry. Relative to a later instant, all weights of
        a user would shrink by the same factor.
        """
        if recency_half_life is None:
            return self.confidence
        recency: npt.NDArray[np.float32] = np.exp2(-self.ages / np.float32(recency_half_life))
        return self.confidence * recency

    def by_time(self) -> npt.NDArray[np.int64]:
        """The entries of each user from the oldest to the newest, int64 (entries,)."""
        return np.lexsort((-self.ages, self.rows()))

    def newest(self, length: int, users: int) -> Iterator[tuple[npt.NDArray[np.int64], Sequences]]:
        """The newest entries of users who have any, so many users of similar lengths at a time.

        Args:
            length: entries of each user at most.
            users: of one block.

        Yields:
            The users, int64 (n,), and their sequences.
        """
        order, counts = self.by_time(), np.diff(self.offsets)
        with_entries = np.flatnonzero(counts)
        with_entries = with_entries[np.argsort(counts[with_entries], kind="stable")]
        for first in range(0, len(with_entries), users):
            block = with_entries[first : first + users]
            lengths = np.minimum(counts[block], length)
            places = np.arange(lengths.max())
            is_entry = places < lengths[:, None]
            found = (self.offsets[1:][block] - lengths)[:, None] + places
            yield block, Sequences(order[np.where(is_entry, found, 0)], is_entry, lengths)

    def median_gap(self) -> float | None:
        """Days between two entries of a user in a row; half of the gaps are shorter.

        Entries of the same instant have no gap. None where there are no gaps.
        """
        order = self.by_time()
        gaps = -np.diff(self.ages[order])[np.diff(self.rows()[order]) == 0]
        gaps = gaps[gaps > 0]
        return float(np.median(gaps)) if len(gaps) else None

    def session_sizes(self, days: float) -> npt.NDArray[np.float32]:
        """The number of the user's entries within `days` of each, itself included (entries,)."""
        # All users on one axis, with a gap between them that no window spans.
        places = self.rows() * (float(self.ages.max(initial=0)) + 2 * days + 1) + self.ages
        ordered = np.sort(places)
        first = np.searchsorted(ordered, places - days, side="left")
        last = np.searchsorted(ordered, places + days, side="right")
        return (last - first).astype(np.float32)

    def total_magnitudes(self, weights: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The sum of |weight| over each user's entries, float32 (users,)."""
        sums = np.bincount(self.rows(), weights=np.abs(weights), minlength=len(self.offsets) - 1)
        return sums.astype(np.float32)

    def rows(self) -> npt.NDArray[np.int64]:
        """The user of each entry, int64 (entries,)."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))


def _newest(events: Events, users: int, number: int) -> Events:
    """The newest events of each user; what has no instant is the newest."""
    known_last = np.where(events.times == _UNKNOWN, np.iinfo(np.int64).max, events.times)
    order = np.lexsort((known_last, events.users))
    ends = np.cumsum(np.bincount(events.users, minlength=users))
    from_end = ends[events.users[order]] - np.arange(len(order))
    return events.take(order[from_end <= number])


def _by_run(
    reduce: np.ufunc, values: npt.NDArray[np.floating], first: npt.NDArray[np.int64]
) -> npt.NDArray[np.floating]:
    """A ufunc over each run of values; there are none where there are no values."""
    return reduce.reduceat(values, first) if len(first) else values
