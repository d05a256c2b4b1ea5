"""Parts of what is held out: by the user's history and by the item's popularity.

Head and tail follow the Pareto principle. Abdollahpouri, Burke and Mobasher (2019, "Managing
Popularity Bias in Recommender Systems with Personalized Re-ranking") say why they are evaluated
apart.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ml.evaluation.protocol import HeldOutItems

NEW_USER_ITEMS = 2
"""Distinct items up to which a user counts as new."""
HEAD_SHARE = 0.8
"""Share of all interactions that the items of the head hold together."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of what is held out."""

    name: str
    definition: str
    """In a few words, with the numbers that bound it here."""
    held_out: dict[str, set[str]]
    """Item ids by user id; nobody without any."""


def user_segments(interactions: pd.DataFrame, held_out: HeldOutItems) -> list[Segment]:
    """Users by the length of their history in the training part: new, light, medium, heavy.

    New users have seen at most `NEW_USER_ITEMS` distinct items; the others with something held
    out are divided at the terciles of their numbers. A segment without users is left out.

    Args:
        interactions: the training part; `user_id` and `item_id` are read.
        held_out: item ids by user id.
    """
    seen = interactions.groupby("user_id")["item_id"].nunique()
    evaluated = sorted(user for user, items in held_out.items() if items)
    lengths = seen.reindex(evaluated, fill_value=0)
    known = lengths[lengths > NEW_USER_ITEMS]
    # Equal lengths stay together, so the three are only about as large as each other.
    light, medium = (
        np.quantile(known, (1 / 3, 2 / 3), method="lower").tolist() if len(known) else (0, 0)
    )
    bounds = {
        "new": (0, NEW_USER_ITEMS),
        "light": (NEW_USER_ITEMS + 1, light),
        "medium": (max(light, NEW_USER_ITEMS) + 1, medium),
        "heavy": (max(medium, NEW_USER_ITEMS) + 1, int(lengths.max()) if len(lengths) else 0),
    }
    segments = []
    for name, (low, high) in bounds.items():
        users = lengths.index[(lengths >= low) & (lengths <= high)]
        if len(users):
            members = {str(user): set(held_out[user]) for user in users}
            segments.append(Segment(name, f"{low} to {high} items seen", members))
    return segments


def item_segments(interactions: pd.DataFrame, held_out: HeldOutItems) -> list[Segment]:
    """Held-out items by their popularity in the training part: head, tail and new.

    The head are the most popular items that together hold `HEAD_SHARE` of all interactions; new
    items have none. A user counts in each segment with those of their held-out items that are in
    it. A segment without items is left out.

    Args:
        interactions: the training part; `item_id` is read.
        held_out: item ids by user id.
    """
    counts = interactions["item_id"].value_counts(sort=False).sort_index()
    counts = counts.sort_values(ascending=False, kind="stable")
    before = counts.cumsum() - counts
    in_head = before < HEAD_SHARE * counts.sum()
    head, tail = set(counts.index[in_head]), set(counts.index[~in_head])
    parts = (
        ("head", f"{len(head)} items with {HEAD_SHARE:.0%} of the interactions", head),
        ("tail", f"the other {len(tail)} items", tail),
        ("new", "items without any interaction", _all(held_out) - head - tail),
    )
    segments = []
    for name, definition, items in parts:
        members = {user: set(targets) & items for user, targets in held_out.items()}
        members = {user: targets for user, targets in members.items() if targets}
        if members:
            segments.append(Segment(name, definition, members))
    return segments


def _all(held_out: HeldOutItems) -> set[str]:
    return {item for items in held_out.values() for item in items}
