"""The global temporal split: nothing of the test period is learned from, and nothing is lost."""

from itertools import chain

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.data.catalogue_table import no_items, no_users
from ml.dataset import INTERACTION_COLUMNS, Dataset
from ml.evaluation.temporal_split import TemporalSplit, temporal_split
from streams.errors import ContractError
from support.training_log import dataset_of

START = pd.Timestamp("2026-01-01", tz="UTC")
Row = tuple[str, str, int, str]
"""User, item, minute, type; ratings are the best."""


def log(rows: list[Row]) -> Dataset:
    table = pd.DataFrame(rows, columns=["user_id", "item_id", "minute", "interaction_type"])
    table["timestamp"] = START + pd.to_timedelta(table.pop("minute"), unit="min")
    table["rating"], table["quantity"] = 5.0, float("nan")
    return Dataset(table[list(INTERACTION_COLUMNS)], no_users(), no_items())


@st.composite
def splits(draw: st.DrawFn) -> tuple[Dataset, float, TemporalSplit]:
    """A log in any order, of which one interaction is always older than the test period."""
    kinds = ["view", "cart", "purchase", "rate", "negative_view"]
    row = st.tuples(
        st.sampled_from("abcd"),
        st.sampled_from("vwxyz"),
        st.integers(0, 12),
        st.sampled_from(kinds),
    )
    rows = [("a", "v", -1, "view"), *draw(st.lists(row, min_size=5, max_size=40))]
    dataset, share = log(draw(st.permutations(rows))), draw(st.floats(0.01, 0.8))
    return dataset, share, temporal_split(dataset, test_share=share)


def parts(split: TemporalSplit) -> list[dict[str, set[str]]]:
    return [split.held_out, split.of_new_users, split.new_items, split.seen]


def pairs(items: dict[str, set[str]]) -> set[tuple[str, str]]:
    return {(user, item) for user, each in items.items() for item in each}


@settings(max_examples=25, deadline=None)
@given(made=splits())
def test_an_instant_parts_the_log(made: tuple[Dataset, float, TemporalSplit]) -> None:
    dataset, share, split = made
    training, test = split.training.interactions, split.test
    assert (training["timestamp"] < split.instant).all()
    assert (test["timestamp"] >= split.instant).all()
    both = pd.concat([training, test]).to_numpy().tolist()
    assert sorted(map(str, both)) == sorted(map(str, dataset.interactions.to_numpy().tolist()))
    # The share, but for what happened at the instant itself.
    tested = max(round(share * len(dataset.interactions)), 1)
    assert (test["timestamp"] > split.instant).sum() < tested <= len(test)


@settings(max_examples=25, deadline=None)
@given(made=splits())
def test_what_was_chosen_is_in_one_part(made: tuple[Dataset, float, TemporalSplit]) -> None:
    _, _, split = made
    training = split.training.interactions
    known = set(zip(training["user_id"], training["item_id"], strict=True))
    users, items = set(training["user_id"]), set(training["item_id"])
    for user, item in pairs(split.held_out):
        assert user in users
        assert item in items
        assert (user, item) not in known
    assert not users & set(split.of_new_users)
    assert all(user in users and item not in items for user, item in pairs(split.new_items))
    assert pairs(split.seen) <= known
    listed = list(chain.from_iterable(map(pairs, parts(split))))
    assert len(listed) == len(set(listed))
    test = split.test
    bought = test[test["interaction_type"] == "purchase"]
    liked = test[test["interaction_type"].isin(["cart", "rate"])]
    liked = liked[~liked["user_id"].isin(bought["user_id"])]
    chosen = pd.concat([bought, liked])
    chosen = chosen if len(chosen) else test
    assert set(listed) == set(zip(chosen["user_id"], chosen["item_id"], strict=True))


def test_a_user_an_item_and_a_pair_that_cannot_be_scored_are_reported_apart() -> None:
    before: list[Row] = [("a", "x", 0, "view"), ("a", "y", 1, "view"), ("b", "z", 2, "purchase")]
    after: list[Row] = [
        ("a", "z", 9, "purchase"),
        ("a", "new", 9, "purchase"),
        ("a", "y", 9, "purchase"),
        ("late", "z", 9, "cart"),
        ("late", "new", 9, "cart"),
    ]
    split = temporal_split(log([*after, *before]), test_share=0.5)
    assert split.instant == START + pd.Timedelta(minutes=9)
    assert len(split.training.interactions) == 3
    assert parts(split) == [{"a": {"z"}}, {"late": {"new", "z"}}, {"a": {"new"}}, {"a": {"y"}}]


def test_interactions_of_one_instant_are_not_parted() -> None:
    with pytest.raises(ContractError, match="no interaction is older than the test period, from"):
        temporal_split(log([("a", "x", 3, "view"), ("a", "y", 3, "view")]), test_share=0.5)


@pytest.mark.parametrize("share", [0, 1, 1.5])
def test_a_share_out_of_range_is_refused(share: float) -> None:
    with pytest.raises(ContractError, match=r"share must be in \(0, 1\), not"):
        temporal_split(log([("a", "x", 0, "view")]), test_share=share)


def test_a_log_without_times_is_refused() -> None:
    dataset = dataset_of([("a", "x"), ("b", "x")], timed=True)
    dataset.interactions.loc[1, "timestamp"] = pd.NaT
    with pytest.raises(ContractError, match="timestamp of every interaction; 1 of 2 have none"):
        temporal_split(dataset)
