"""Items and users taken out of a dataset whole, as if they had not come yet."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ml.dataset import Dataset
from streams.errors import ContractError

CLICKS = 2
"""Items by which a new user is known at first."""


@dataclass(frozen=True, slots=True)
class Newcomers:
    """A dataset without its newcomers, and what is known of them."""

    training: Dataset
    """Neither interactions nor rows of a newcomer are in it."""
    items: pd.DataFrame
    """ITEM_COLUMNS of the new items, in the order in which they were drawn."""
    wanted: dict[str, set[str]]
    """New items that users of the training part interacted with, by user."""
    users: pd.DataFrame
    """USER_COLUMNS of the new users, in the order of their ids."""
    clicks: pd.DataFrame
    """INTERACTION_COLUMNS: the first interaction with each of the new users' first two items."""
    rest: dict[str, set[str]]
    """What else each new user interacted with; items of the training part."""


def hold_out_newcomers(dataset: Dataset, *, share: float = 0.1, seed: int = 0) -> Newcomers:
    """Take out a share of the items and a share of the users, with all that they did.

    New items are drawn from those with an interaction and a category or description. New users
    are drawn from those who met at least three of the remaining items: two to be known by and one
    to be found.

    Args:
        dataset: all there is.
        share: of those that can be drawn, in (0, 1).
        seed: of the draws.

    Raises:
        ContractError: if `share` is out of range.
    """
    if not 0 < share < 1:
        raise ContractError(f"share must be in (0, 1), not {share}")
    rng = np.random.default_rng(seed)
    log = dataset.interactions
    catalogue = dataset.items.sort_values("item_id", ignore_index=True)
    has_content = (catalogue[["category", "about_product"]] != "").any(axis=1)
    drawable = catalogue[has_content & catalogue["item_id"].isin(log["item_id"].unique())]
    items = drawable.iloc[_draw(len(drawable), share, rng)].reset_index(drop=True)
    of_new_item = log["item_id"].isin(items["item_id"])
    remaining = log[~of_new_item]
    widths = remaining.groupby("user_id")["item_id"].nunique()
    drawable_users = widths.index[widths > CLICKS]
    new_users = drawable_users[np.sort(_draw(len(drawable_users), share, rng))]
    of_new_user = log["user_id"].isin(new_users)
    training = Dataset(
        log[~of_new_item & ~of_new_user].reset_index(drop=True),
        dataset.users[~dataset.users["user_id"].isin(new_users)].reset_index(drop=True),
        dataset.items[~dataset.items["item_id"].isin(items["item_id"])].reset_index(drop=True),
    )
    known = dataset.known_users()
    firsts = (
        remaining[remaining["user_id"].isin(new_users)]
        .sort_values("timestamp", kind="stable")
        .drop_duplicates(["user_id", "item_id"])
    )
    is_click = firsts.groupby("user_id").cumcount() < CLICKS
    rest = firsts[~is_click & firsts["item_id"].isin(training.known_items()["item_id"])]
    asked = log[of_new_item & log["user_id"].isin(training.known_users()["user_id"])]
    return Newcomers(
        training=training,
        items=items,
        wanted=_items_by_user(asked),
        users=known[known["user_id"].isin(new_users)].reset_index(drop=True),
        clicks=firsts[is_click].reset_index(drop=True),
        rest=_items_by_user(rest),
    )


def _draw(count: int, share: float, rng: np.random.Generator) -> np.ndarray:
    return rng.permutation(count)[: round(share * count)]


def _items_by_user(interactions: pd.DataFrame) -> dict[str, set[str]]:
    grouped = interactions.groupby("user_id", sort=True)["item_id"].agg(set)
    return {str(user): items for user, items in grouped.items()}
