from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from ml.dataset import INTERACTION_COLUMNS, ITEM_COLUMNS, USER_COLUMNS, Dataset
from ml.serving import batch
from ml.serving.batch import index_items, list_items
from ml.towers.bundle import Bundle
from ml.towers.config import TowersConfig
from ml.towers.training import train

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def _dataset() -> Dataset:
    random = np.random.default_rng(3)
    rows = [
        (f"u{user:02}", f"i{item}", NOW - timedelta(hours=int(hour)), "view", np.nan, np.nan)
        for user in range(30)
        for item, hour in zip(random.permutation(20)[:5], random.integers(1, 99, 5), strict=True)
    ]
    # Out of order, as a table may be.
    interactions = pd.DataFrame(rows, columns=list(INTERACTION_COLUMNS)).sample(
        frac=1, random_state=1, ignore_index=True
    )
    users = pd.DataFrame([("u03", "A", NOW), ("quiet", "B", NOW)], columns=list(USER_COLUMNS))
    items = pd.DataFrame(
        [(f"i{item}", f"Item {item}", "A", *[np.nan] * 5, "", NOW) for item in range(20)],
        columns=list(ITEM_COLUMNS),
    )
    for frame, name in (
        (interactions, "timestamp"),
        (users, "signup_date"),
        (items, "arrival_date"),
    ):
        frame[name] = pd.to_datetime(frame[name], utc=True)
    return Dataset(interactions, users, items)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return _dataset()


@pytest.fixture(scope="module")
def bundle(dataset: Dataset) -> Bundle:
    return train(dataset, TowersConfig(epochs=2, dim=8, text_encoder=None), seed=0)


def _lists(dataset: Dataset, bundle: Bundle, k: int) -> dict[str, list[str]]:
    index = index_items(bundle, dataset)
    lists: dict[str, list[str]] = {}
    users = dataset.known_users()
    for block in list_items(bundle, index, users, dataset.interactions, k=k, now=NOW):
        assert block.vectors.shape == (len(block.user_ids), bundle.dim)
        lists.update(zip(block.user_ids, block.lists, strict=True))
    return lists


def test_known_users_are_those_who_signed_up_and_those_who_only_interacted(
    dataset: Dataset,
) -> None:
    users = dataset.known_users()
    assert users["user_id"].tolist() == ["quiet", *(f"u{user:02}" for user in range(30))]
    assert users.set_index("user_id").loc["u03", "preferences"] == "A"
    first = dataset.interactions.query("user_id == 'u04'")["timestamp"].min()
    assert users[users["user_id"] == "u04"].to_numpy().tolist() == [["u04", "", first]]


def test_known_users_of_a_log_without_sign_ups_and_of_sign_ups_without_a_log(
    dataset: Dataset,
) -> None:
    nobody = Dataset(dataset.interactions, dataset.users.iloc[:0], dataset.items)
    silent = Dataset(dataset.interactions.iloc[:0], dataset.users, dataset.items)
    assert len(nobody.known_users()) == 30
    assert silent.known_users()["user_id"].tolist() == ["quiet", "u03"]


def test_everyone_gets_a_list_without_what_they_met(dataset: Dataset, bundle: Bundle) -> None:
    lists = _lists(dataset, bundle, 10)
    seen = dataset.interactions.groupby("user_id")["item_id"].agg(set).to_dict()
    assert len(lists) == 31
    for user, items in lists.items():
        assert len(items) == len(set(items)) == 10
        assert not seen.get(user, set()) & set(items)


def test_a_list_ends_where_no_unmet_item_is_left(dataset: Dataset, bundle: Bundle) -> None:
    lists = _lists(dataset, bundle, 50)
    assert len(lists["u00"]) == 15
    assert len(lists["quiet"]) == 20


def test_lists_do_not_depend_on_the_size_of_the_blocks(
    dataset: Dataset, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = _lists(dataset, bundle, 10)
    monkeypatch.setattr(batch, "_USERS_AT_ONCE", 4)
    assert _lists(dataset, bundle, 10) == whole
