"""Splits of a dataset into a training part and held-out items.

They are made from the training data alone, so that a test file stays unseen: by time or at random
for validation, and one that takes out whole items and users for the cold start. The split at one
instant for all users is in `ml.evaluation.temporal_split`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ml.dataset import Dataset
from streams.contracts import InteractionType
from streams.errors import ContractError

SUPPORT_ITEMS = 2
"""Items that a new user is encoded from at first."""
_MIN_GOOD_RATING = 3.0


def split_by_time(
    dataset: Dataset, *, share: float = 1.0, seed: int = 0
) -> tuple[Dataset, dict[str, set[str]]]:
    """Hold out the last item that a user bought, put in the cart or rated well.

    Purchases take precedence over carts and ratings; a log of views alone holds out the last item
    viewed. Every event of a held-out pair leaves the training part, the views before the purchase
    too. Users with a single item are not evaluated: training would know nothing of them.

    Args:
        dataset: what there is to learn from.
        share: of the users that can be evaluated, in (0, 1]; drawn by `seed`.
        seed: of the draw.

    Returns:
        The training part, and the held-out item ids by user id.

    Raises:
        ContractError: if `share` is out of range.
    """
    if not 0 < share <= 1:
        raise ContractError(f"share must be in (0, 1], not {share}")
    interactions = dataset.interactions
    widths = interactions.groupby("user_id")["item_id"].nunique()
    targets = target_interactions(interactions)
    targets = targets[targets["user_id"].isin(widths.index[widths > 1])]
    # The order of equal instants is that of the table.
    last = targets.sort_values("timestamp", kind="stable").groupby("user_id", sort=True).tail(1)
    last = last.sort_values("user_id")
    drawn = np.random.default_rng(seed).permutation(len(last))[: round(share * len(last))]
    pairs = last.iloc[np.sort(drawn)][["user_id", "item_id"]]
    held_out = {str(user): {str(item)} for user, item in pairs.itertuples(index=False)}
    return _without(dataset, pairs), held_out


def split_at_random(
    dataset: Dataset, *, share: float = 0.2, seed: int = 0
) -> tuple[Dataset, dict[str, set[str]]]:
    """Hold out a share of each user's items, of two or more at least one and never all.

    Every event of a held-out pair leaves the training part. Users with a single item are not
    evaluated: training would know nothing of them.

    Args:
        dataset: what there is to learn from.
        share: of each user's distinct items, in (0, 1), rounded down; drawn by `seed`.
        seed: of the draw.

    Returns:
        The training part, and the held-out item ids by user id.

    Raises:
        ContractError: if `share` is out of range.
    """
    if not 0 < share < 1:
        raise ContractError(f"share must be in (0, 1), not {share}")
    pairs = dataset.interactions[["user_id", "item_id"]].drop_duplicates()
    pairs = pairs.sort_values(["user_id", "item_id"])  # the order of the log does not matter
    drawn = pairs.iloc[np.random.default_rng(seed).permutation(len(pairs))]
    of_user = drawn.groupby("user_id", sort=True)["item_id"]
    sizes = of_user.transform("size")
    number = np.maximum(np.floor(sizes * share), 1).where(sizes > 1, 0)
    pairs = drawn[of_user.cumcount() < number].sort_values("user_id", kind="stable")
    held_out = {
        str(user): set(map(str, items)) for user, items in pairs.groupby("user_id")["item_id"]
    }
    return _without(dataset, pairs), held_out


def validation_split(dataset: Dataset, *, seed: int) -> tuple[Dataset, dict[str, set[str]]]:
    """The split on which hyper-parameters are chosen, of the towers and of the baselines.

    By time where every interaction has its instant. Where even one lacks it a user's last choice
    is unknown, so a share of each user's items is held out at random.

    Args:
        dataset: what there is to learn from.
        seed: of the draw.

    Returns:
        The training part, and the held-out item ids by user id.
    """
    if dataset.interactions["timestamp"].notna().all():
        return split_by_time(dataset, seed=seed)
    return split_at_random(dataset, seed=seed)


def sample_users(
    held_out: Mapping[str, set[str]], *, seed: int, max_users: int = 2_000
) -> dict[str, set[str]]:
    """The held-out items of at most `max_users` users, drawn without replacement by `seed`.

    Scores that are needed often, such as one after every few epochs, are measured on such a sample.
    """
    users = sorted(held_out)
    drawn = np.random.default_rng(seed).permutation(len(users))[:max_users]
    return {users[place]: held_out[users[place]] for place in drawn.tolist()}


@dataclass(frozen=True, slots=True)
class ColdStartSplit:
    """A dataset without its new items and new users, and what is held out of it."""

    training: Dataset
    """Without the rows and interactions of new items and new users."""
    items: pd.DataFrame
    """ITEM_COLUMNS of the new items, in the order in which they were drawn."""
    new_item_targets: dict[str, set[str]]
    """New items that users of the training part interacted with, by user."""
    users: pd.DataFrame
    """USER_COLUMNS of the new users, in the order of their ids."""
    support: pd.DataFrame
    """INTERACTION_COLUMNS: the first interaction with each of the new users' support items."""
    new_user_targets: dict[str, set[str]]
    """What else each new user interacted with; items of the training part."""


def cold_start_split(dataset: Dataset, *, share: float = 0.1, seed: int = 0) -> ColdStartSplit:
    """Take out a share of the items and a share of the users, with all their interactions.

    New items are drawn from those with an interaction and a category or description. New users
    are drawn from those who have seen at least three of the remaining items: SUPPORT_ITEMS that
    they are encoded from, and one target.

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
    drawable_users = widths.index[widths > SUPPORT_ITEMS]
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
    is_support = firsts.groupby("user_id").cumcount() < SUPPORT_ITEMS
    targets = firsts[~is_support & firsts["item_id"].isin(training.known_items()["item_id"])]
    of_known_user = log[of_new_item & log["user_id"].isin(training.known_users()["user_id"])]
    return ColdStartSplit(
        training=training,
        items=items,
        new_item_targets=items_by_user(of_known_user),
        users=known[known["user_id"].isin(new_users)].reset_index(drop=True),
        support=firsts[is_support].reset_index(drop=True),
        new_user_targets=items_by_user(targets),
    )


def target_interactions(interactions: pd.DataFrame) -> pd.DataFrame:
    """What users chose: purchases, or else carts and good ratings of those who bought nothing.

    Where there is nothing of the kind, as in a log of views, all interactions.
    """
    kind = interactions["interaction_type"]
    purchases = interactions[kind == InteractionType.PURCHASE]
    carts = interactions[kind == InteractionType.CART]
    rated = (kind == InteractionType.RATE) & (interactions["rating"] >= _MIN_GOOD_RATING)
    buyers = purchases["user_id"].unique()
    others = pd.concat([carts, interactions[rated]])
    targets = pd.concat([purchases, others[~others["user_id"].isin(buyers)]])
    return targets if len(targets) else interactions


def items_by_user(interactions: pd.DataFrame) -> dict[str, set[str]]:
    """The item ids of each user, by user id in ascending order."""
    grouped = interactions.groupby("user_id", sort=True)["item_id"].agg(set)
    return {str(user): items for user, items in grouped.items()}


def _without(dataset: Dataset, pairs: pd.DataFrame) -> Dataset:
    """The dataset without any event of these pairs of user_id and item_id."""
    interactions = dataset.interactions
    key = pd.MultiIndex.from_frame(interactions[["user_id", "item_id"]])
    kept = ~key.isin(pd.MultiIndex.from_frame(pairs))
    return Dataset(interactions[kept].reset_index(drop=True), dataset.users, dataset.items)


def _draw(count: int, share: float, rng: np.random.Generator) -> np.ndarray:
    return rng.permutation(count)[: round(share * count)]
