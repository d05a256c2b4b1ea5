"""Splits made from the training data alone, so that a test file stays unseen."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ml.dataset import Dataset
from streams.contracts import InteractionType
from streams.errors import ContractError

_GOOD_RATING = 3.0


def split_by_time(
    dataset: Dataset, *, share: float = 1.0, seed: int = 0
) -> tuple[Dataset, dict[str, set[str]]]:
    """Hold out the last item that a user took to: bought, put in the cart or rated well.

    A purchase goes before everything else; a log of views alone holds out the last one viewed.
    Every event of a held-out pair leaves the training part, the views before the purchase too.
    Users with a single item are not asked: nothing would be left to know them by.

    Args:
        dataset: what there is to learn from.
        share: of the users that can be asked, in (0, 1]; drawn by `seed`.
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
    wanted = _wanted(interactions)
    wanted = wanted[wanted["user_id"].isin(widths.index[widths > 1])]
    # The order of equal instants is that of the table.
    last = wanted.sort_values("timestamp", kind="stable").groupby("user_id", sort=True).tail(1)
    last = last.sort_values("user_id")
    asked = np.random.default_rng(seed).permutation(len(last))[: round(share * len(last))]
    pairs = last.iloc[np.sort(asked)][["user_id", "item_id"]]
    held_out = {str(user): {str(item)} for user, item in pairs.itertuples(index=False)}
    return _without(dataset, pairs), held_out


def split_at_random(
    dataset: Dataset, *, share: float = 0.2, seed: int = 0
) -> tuple[Dataset, dict[str, set[str]]]:
    """Hold out a share of each user's items, of two or more at least one and never all.

    Every event of a held-out pair leaves the training part. Users with a single item are not
    asked: nothing would be left to know them by.

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
    wanted = np.maximum(np.floor(sizes * share), 1).where(sizes > 1, 0)
    pairs = drawn[of_user.cumcount() < wanted].sort_values("user_id", kind="stable")
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


def sample_users(held_out: Mapping[str, set[str]], most: int, *, seed: int) -> dict[str, set[str]]:
    """The held-out items of at most `most` users, drawn without replacement by `seed`."""
    users = sorted(held_out)
    drawn = np.random.default_rng(seed).permutation(len(users))[:most]
    return {users[place]: held_out[users[place]] for place in drawn.tolist()}


def _without(dataset: Dataset, pairs: pd.DataFrame) -> Dataset:
    """The dataset without any event of these pairs of user_id and item_id."""
    interactions = dataset.interactions
    key = pd.MultiIndex.from_frame(interactions[["user_id", "item_id"]])
    kept = ~key.isin(pd.MultiIndex.from_frame(pairs))
    return Dataset(interactions[kept].reset_index(drop=True), dataset.users, dataset.items)


def _wanted(interactions: pd.DataFrame) -> pd.DataFrame:
    """The interactions of which a user's last is held out."""
    kind = interactions["interaction_type"]
    purchases = interactions[kind == InteractionType.PURCHASE]
    carts = interactions[kind == InteractionType.CART]
    rated = (kind == InteractionType.RATE) & (interactions["rating"] >= _GOOD_RATING)
    buyers = purchases["user_id"].unique()
    others = pd.concat([carts, interactions[rated]])
    wanted = pd.concat([purchases, others[~others["user_id"].isin(buyers)]])
    return wanted if len(wanted) else interactions
