"""What each user did, as the user tower reads it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.towers.config import StrengthConfig
from ml.towers.strength import strengths, without_judged_views


@dataclass(frozen=True, slots=True)
class Histories:
    """One entry for each item of each user; user u has the entries offsets[u]:offsets[u + 1]."""

    offsets: npt.NDArray[np.int64]
    """int64 (users + 1)"""
    items: npt.NDArray[np.int64]
    """Index of the item."""
    strengths: npt.NDArray[np.float32]
    """Evidence for the item, negative where it is against it; never 0."""
    ages: npt.NDArray[np.float32]
    """Days before the user's newest entry; 0 where instants are not known."""

    @classmethod
    def build(
        cls,
        interactions: pd.DataFrame,
        user_ids: Sequence[str],
        items: pd.Index,
        config: StrengthConfig,
    ) -> "Histories":
        """Gather INTERACTION_COLUMNS by user and item; unknown users and items are passed over.

        Repeated interactions with one item do not add up: a tenth look tells little that the
        strongest interaction did not. What speaks most against the item is set against it.

        Raises:
            ContractError: as `strengths` does.
        """
        rows = pd.Index(user_ids).get_indexer(pd.Index(interactions["user_id"]))
        columns = items.get_indexer(pd.Index(interactions["item_id"]))
        known = (rows >= 0) & (columns >= 0)
        evidence = interactions[known].assign(row=rows[known], column=columns[known])
        evidence = without_judged_views(evidence.reset_index(drop=True))
        strength = strengths(evidence, config)
        days = (evidence["timestamp"] - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(days=1)
        entries = (
            evidence[["row", "column"]]
            .assign(for_it=np.maximum(strength, 0), against=np.minimum(strength, 0), day=days)
            .groupby(["row", "column"], sort=True)
            .agg({"for_it": "max", "against": "min", "day": "max"})
            .reset_index()
        )
        entries["strength"] = entries["for_it"] + entries["against"]
        entries = entries[entries["strength"] != 0]
        newest = entries.groupby("row")["day"].transform("max")
        return cls(
            offsets=np.searchsorted(entries["row"], np.arange(len(user_ids) + 1)).astype(np.int64),
            items=entries["column"].to_numpy(dtype=np.int64),
            strengths=entries["strength"].to_numpy(dtype=np.float32),
            ages=(newest - entries["day"]).fillna(0).to_numpy(dtype=np.float32),
        )

    def weights(self, recency_half_life: float | None) -> npt.NDArray[np.float32]:
        """Strength times recency of each entry.

        Recency counts from the user's newest entry: counted from any later instant, all of a
        user's weights would shrink alike.
        """
        if recency_half_life is None:
            return self.strengths
        recency: npt.NDArray[np.float32] = np.exp2(-self.ages / np.float32(recency_half_life))
        return self.strengths * recency

    def neighbours(self, days: float) -> npt.NDArray[np.float32]:
        """How many entries of its user are within `days` of each, itself included."""
        rows = np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))
        # Users one after another on one axis, with a gap that no window reaches over.
        places = rows * (float(self.ages.max(initial=0)) + 2 * days + 1) + self.ages
        ordered = np.sort(places)
        first = np.searchsorted(ordered, places - days, side="left")
        last = np.searchsorted(ordered, places + days, side="right")
        return (last - first).astype(np.float32)

    def totals(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Sums over each user's entries of the magnitude of `values`, float32 (users,)."""
        rows = np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))
        sums = np.bincount(rows, weights=np.abs(values), minlength=len(self.offsets) - 1)
        return sums.astype(np.float32)
