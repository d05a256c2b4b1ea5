"""The global temporal split: one instant parts a log, as the present parts what a shop knows.

Where each user's last item is held out, a model learns from what other users did later. Ji et al.
(2023, "A Critical Study on Data Leakage in Recommender System Offline Evaluation") measure what
this changes; Meng et al. (2020, "Exploring Data Splitting Strategies for the Evaluation of
Recommendation Models") that it also changes which model is best.
"""

from dataclasses import dataclass

import pandas as pd

from ml.dataset import Dataset
from ml.evaluation.splits import items_by_user, target_interactions
from streams.errors import ContractError

TEST_SHARE = 0.1
"""Of the interactions, the newest."""
MIN_CHOOSERS = 500
"""With fewer known users who chose something, what users viewed is held out too: few purchases tell
two models apart less than many views."""


@dataclass(frozen=True, slots=True)
class TemporalSplit:
    """A log before and from an instant. What was chosen from then on is in one of four parts."""

    instant: pd.Timestamp
    """The first of the test period."""
    training: Dataset
    """With the interactions before the instant; the tables of users and items are as they were."""
    test: pd.DataFrame
    """INTERACTION_COLUMNS from the instant on."""
    held_out: dict[str, set[str]]
    """What is scored: item ids by user id, both of which are in training, the pair is not."""
    of_new_users: dict[str, set[str]]
    """What users without an interaction in training chose."""
    new_items: dict[str, set[str]]
    """Items without an interaction in training, by users with one."""
    seen: dict[str, set[str]]
    """What users chose that they had interacted with before; no list holds it."""


def temporal_split(dataset: Dataset, *, test_share: float = TEST_SHARE) -> TemporalSplit:
    """Part the log at an instant from which on the newest interactions happened.

    Interactions of one instant stay together, so the test period may hold a few more than its
    share. Chosen is what was bought, or else put in the cart or rated well; in a test period of
    views alone, what was viewed (`target_interactions`).

    Args:
        dataset: all there is; the order of its interactions does not matter.
        test_share: of the interactions, in (0, 1).

    Raises:
        ContractError: the share is out of range, there is no interaction, one has no timestamp,
            or none is older than the test period.
    """
    if not 0 < test_share < 1:
        raise ContractError(f"the test period's share must be in (0, 1), not {test_share}")
    instants = timed(dataset).sort_values()
    tested = min(max(round(test_share * len(instants)), 1), len(instants))
    return split_at(dataset, instants.iloc[len(instants) - tested])


def timed(dataset: Dataset) -> "pd.Series[pd.Timestamp]":
    """The timestamps of all interactions.

    Raises:
        ContractError: there is no interaction, or one has no timestamp.
    """
    instants = dataset.interactions["timestamp"]
    timeless = int(instants.isna().sum())
    if timeless or not len(instants):
        raise ContractError(
            "a split by time needs the timestamp of every interaction;"
            f" {timeless:,} of {len(instants):,} have none"
        )
    return instants


def split_at(dataset: Dataset, instant: pd.Timestamp) -> TemporalSplit:
    """Part the log at an instant; as `temporal_split`.

    Raises:
        ContractError: none is older than the instant.
    """
    log = dataset.interactions
    is_test = log["timestamp"] >= instant
    training, test = log[~is_test].reset_index(drop=True), log[is_test].reset_index(drop=True)
    if training.empty:
        raise ContractError(f"no interaction is older than the test period, from {instant} on")
    chosen = target_interactions(test)[["user_id", "item_id"]].drop_duplicates()
    known_user = chosen["user_id"].isin(training["user_id"])
    known_item = chosen["item_id"].isin(training["item_id"])
    pairs = pd.MultiIndex.from_frame(training[["user_id", "item_id"]])
    seen = pd.MultiIndex.from_frame(chosen).isin(pairs)
    return TemporalSplit(
        instant=instant,
        training=Dataset(training, dataset.users, dataset.items),
        test=test,
        held_out=items_by_user(chosen[known_user & known_item & ~seen]),
        of_new_users=items_by_user(chosen[~known_user]),
        new_items=items_by_user(chosen[known_user & ~known_item]),
        seen=items_by_user(chosen[seen]),
    )


def touched(split: TemporalSplit) -> dict[str, set[str]]:
    """Whatever known users did with known items that were new to them."""
    training, pairs = split.training.interactions, split.test[["user_id", "item_id"]]
    known = pairs["user_id"].isin(training["user_id"]) & pairs["item_id"].isin(training["item_id"])
    seen = pd.MultiIndex.from_frame(training[["user_id", "item_id"]])
    return items_by_user(pairs[known & ~pd.MultiIndex.from_frame(pairs).isin(seen)])
