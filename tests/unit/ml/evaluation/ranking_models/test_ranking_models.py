"""What holds for every ranking model."""

from typing import Any

import numpy as np
import pytest

from ml.dataset import Dataset
from ml.evaluation.metrics import RECALL, hits_at_k
from ml.evaluation.protocol import HeldOut
from ml.evaluation.ranking_models.ranking_model import (
    RANKING_MODELS,
    InteractionMatrix,
    create,
)
from ml.towers.config import TowersConfig

TOWERS = TowersConfig(dim=16, epochs=20, batch_size=64, text_encoder=None)
USERS = ["u2-3", "nobody", "u0-0"]
Split = tuple[Dataset, dict[str, set[str]]]


def fitted(name: str, dataset: Dataset, seed: int = 0) -> tuple[InteractionMatrix, Any]:
    training = InteractionMatrix(dataset)
    model = create(RANKING_MODELS[name], TOWERS)
    model.fit(training, seed, lambda _share: None)
    return training, model


@pytest.mark.parametrize("name", RANKING_MODELS)
def test_lists_hold_what_a_user_has_not_met_each_item_once(name: str, tastes: Split) -> None:
    training, model = fitted(name, tastes[0])
    everything = len(training.items) + 3
    ranked = model.rank(USERS, everything)
    assert (ranked.dtype, ranked.shape) == (np.int64, (3, everything))
    for user, row in zip(USERS, ranked, strict=True):
        log = tastes[0].interactions
        seen = set(log.loc[log["user_id"] == user, "item_id"])
        listed = row[row >= 0]
        assert sorted(training.items[listed]) == sorted(set(training.items) - seen)
        assert (row[: len(listed)] >= 0).all()
    np.testing.assert_array_equal(model.rank(USERS[::-1], 5), ranked[::-1, :5])


@pytest.mark.parametrize("name", RANKING_MODELS)
def test_the_same_seed_gives_the_same_lists(name: str, tastes: Split) -> None:
    users = sorted(tastes[1])
    first, second = (fitted(name, tastes[0], seed=3)[1].rank(users, 20) for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("name", sorted(set(RANKING_MODELS) - {"popularity"}))
def test_tastes_are_learned(name: str, tastes: Split) -> None:
    training, model = fitted(name, tastes[0])
    test = HeldOut.of(tastes[1], training.items)
    # Of the 17 items of their taste that a user has not seen, two are held out.
    assert RECALL.mean(hits_at_k(model.rank(test.user_ids, 17), test.matrix, 17)) > 0.9


@pytest.mark.parametrize("name", sorted(set(RANKING_MODELS) - {"two_tower", "full"}))
def test_a_stranger_gets_what_is_popular(name: str, tastes: Split) -> None:
    _, model = fitted(name, tastes[0])
    np.testing.assert_array_equal(model.rank(["nobody"], 4), [[0, 1, 2, 3]])


@pytest.mark.parametrize("name", RANKING_MODELS)
def test_progress_grows_to_its_end(name: str, tastes: Split) -> None:
    shares: list[float] = []
    create(RANKING_MODELS[name], TOWERS).fit(InteractionMatrix(tastes[0]), 0, shares.append)
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= shares[-1] == 1
