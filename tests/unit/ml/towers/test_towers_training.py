from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn.functional import embedding

from ml.dataset import Dataset
from ml.evaluation.metrics import RECALL
from ml.evaluation.popularity import popularity_lists
from ml.evaluation.protocol import score_lists
from ml.evaluation.splits import split_by_time
from ml.retrieval.dense import seen_matrix
from ml.retrieval.exact import top_k
from ml.towers.bundle import Bundle
from ml.towers.config import TowersConfig
from ml.towers.model import Towers
from ml.towers.objective import adam
from ml.towers.preprocessing import Preprocessing
from ml.towers.training import train
from streams.errors import ContractError


def lists(
    bundle: Bundle, dataset: Dataset, users: pd.DataFrame, items: pd.DataFrame, now: datetime
) -> dict[str, list[str]]:
    item_ids, user_ids = items["item_id"].tolist(), users["user_id"].tolist()
    indices, _ = top_k(
        bundle.encode_users(users, dataset.interactions, now),
        bundle.encode_items(items),
        10,
        seen=seen_matrix(dataset.interactions, user_ids, item_ids),
    )
    return {
        user: [item_ids[index] for index in row]
        for user, row in zip(user_ids, indices, strict=True)
    }


def share_of(category: str, ranked: list[str]) -> float:
    return float(np.mean([item.startswith(category) for item in ranked]))


@pytest.mark.parametrize(
    "changes",
    [{"sampled_items": 1}, {"sampled_items": 40}, {"sampled_items": 1000}, {"sparse_items": 1}],
    ids=str,
)
def test_tastes_are_learned_with_few_and_with_many_negatives_and_by_lazy_steps(
    shop: Dataset, config: TowersConfig, now: datetime, changes: dict[str, int]
) -> None:
    training, held_out = split_by_time(shop)
    bundle = train(training, config.model_copy(update=changes), seed=0)
    ours = score_lists(lists(bundle, training, shop.users, shop.items, now), held_out, 10)
    users = shop.users["user_id"].tolist()
    theirs = score_lists(popularity_lists(training.interactions, users, 10), held_out, 10)
    assert ours[RECALL] > 2.5 * theirs[RECALL]
    assert ours[RECALL] > 0.4  # 10 of the 18 left in the category would be 0.55


@pytest.mark.parametrize("encoder", ["pooling", "causal"])
def test_a_step_in_a_large_catalogue_moves_the_embeddings_of_its_own_items_alone(
    shop: Dataset, config: TowersConfig, encoder: str
) -> None:
    config = config.model_copy(update={"user_encoder": encoder, "sparse_items": 1})
    towers = Towers(Preprocessing.fit(shop, None), config)
    optimizers = adam(towers, 0.1)
    before = towers.ids.detach().clone()
    for _ in range(3):
        vectors = embedding(torch.tensor([2, 5]), towers.ids, sparse=towers.has_sparse_gradients)
        vectors.square().sum().backward()  # type: ignore[no-untyped-call]
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()
    moved = (towers.ids != before).any(dim=1).nonzero().flatten()
    assert moved.tolist() == [2, 5]


def test_without_a_catalogue_the_ids_alone_are_learned(
    shop: Dataset, config: TowersConfig, now: datetime
) -> None:
    nothing: dict[str, Any] = {"category": "", "discounted_price": np.nan, "actual_price": np.nan,
               "rating": np.nan, "rating_count": np.nan}  # fmt: skip
    bare = Dataset(
        shop.interactions, shop.users.assign(preferences=""), shop.items.assign(**nothing)
    )
    training, held_out = split_by_time(bare)
    bundle = train(training, config, seed=0)
    ours = score_lists(lists(bundle, training, bare.users, bare.items, now), held_out, 10)
    assert ours[RECALL] > 0.4


def test_a_new_user_is_encoded_by_preferences(bundle: Bundle, shop: Dataset, now: datetime) -> None:
    signup = pd.Timestamp(now)
    new = pd.DataFrame(
        {
            "user_id": ["n1", "n2"],
            "preferences": ["Music", "Sports|Unheard of"],
            "signup_date": signup,
        }
    )
    ranked = lists(bundle, shop, new, shop.items, now)
    assert share_of("Music", ranked["n1"]) >= 0.9
    assert share_of("Sports", ranked["n2"]) >= 0.9


def test_two_support_items_steer_a_new_user(bundle: Bundle, shop: Dataset, now: datetime) -> None:
    new = pd.DataFrame({"user_id": ["n"], "preferences": [""], "signup_date": [pd.Timestamp(now)]})
    support = shop.interactions.iloc[:2].assign(user_id="n", item_id=["Garden-1", "Garden-2"])
    shown = Dataset(support, new, shop.items)
    assert share_of("Garden", lists(bundle, shown, new, shop.items, now)["n"]) >= 0.8


def test_a_new_item_is_encoded_by_its_content(bundle: Bundle, shop: Dataset, now: datetime) -> None:
    new = shop.items[shop.items["item_id"].str.endswith("-3")]
    new = new.assign(item_id="new-" + new["category"].str.removeprefix("Shop|"))
    users = bundle.encode_users(shop.users, shop.interactions, now)
    best = new["item_id"].to_numpy()[(users @ bundle.encode_items(new).T).argmax(axis=1)]
    assert np.mean(best == "new-" + shop.users["preferences"]) >= 0.9


def test_a_user_without_history_and_preferences_gets_the_biases_alone(
    bundle: Bundle, shop: Dataset, now: datetime
) -> None:
    new = pd.DataFrame({"user_id": ["n"], "preferences": [""], "signup_date": [pd.Timestamp(now)]})
    vector = bundle.encode_users(new, shop.interactions, now)
    assert vector[0].tolist() == [0] * (bundle.dim - 1) + [1]


def test_one_seed_gives_one_model(shop: Dataset, config: TowersConfig, now: datetime) -> None:
    short = config.model_copy(update={"epochs": 3})
    first, again, other = (train(shop, short, seed=seed) for seed in (5, 5, 6))
    vectors = [bundle.encode_items(shop.items) for bundle in (first, again, other)]
    np.testing.assert_array_equal(vectors[0], vectors[1])
    assert not np.array_equal(vectors[0], vectors[2])


def test_the_progress_callback_is_called_after_each_epoch(
    shop: Dataset, config: TowersConfig
) -> None:
    calls: list[tuple[int, int, float]] = []
    train(
        shop,
        config.model_copy(update={"epochs": 4}),
        seed=0,
        progress=lambda *epoch: calls.append(epoch),
    )
    assert [(epoch, epochs) for epoch, epochs, _ in calls] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert calls[-1][2] < calls[0][2]


def test_a_user_who_has_seen_the_whole_catalogue_does_no_harm(
    shop: Dataset, config: TowersConfig, now: datetime
) -> None:
    two = shop.interactions[shop.interactions["item_id"].isin(["Music-1", "Music-2"])]
    bundle = train(Dataset(two, shop.users, shop.items), config, seed=0)
    assert np.isfinite(bundle.encode_items(shop.items)).all()
    assert np.isfinite(bundle.encode_users(shop.users, two, now)).all()


def test_a_log_without_a_positive_interaction_is_refused(
    shop: Dataset, config: TowersConfig
) -> None:
    nothing = Dataset(shop.interactions.iloc[:0], shop.users, shop.items)
    with pytest.raises(ContractError, match="no interaction has a positive confidence weight"):
        train(nothing, config, seed=0)
