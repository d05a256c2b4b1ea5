"""What holds for every contender."""

from typing import Any

import numpy as np
import pytest

from ml.dataset import Dataset
from ml.evaluation.contenders.registry import CONTENDERS, create
from ml.evaluation.contenders.training import Training
from ml.evaluation.held_out import HeldOut
from ml.evaluation.metrics import recall_at_k
from ml.towers.config import TowersConfig

TOWERS = TowersConfig(dim=16, epochs=20, batch_size=64, text_encoder=None)
USERS = ["u2-3", "nobody", "u0-0"]
Split = tuple[Dataset, dict[str, set[str]]]


def fitted(name: str, dataset: Dataset, seed: int = 0) -> tuple[Training, Any]:
    training = Training(dataset)
    contender = create(CONTENDERS[name], TOWERS)
    contender.fit(training, seed, lambda _share: None)
    return training, contender


@pytest.mark.parametrize("name", CONTENDERS)
def test_lists_hold_what_a_user_has_not_met_each_item_once(name: str, tastes: Split) -> None:
    training, contender = fitted(name, tastes[0])
    everything = len(training.items) + 3
    ranked = contender.rank(USERS, everything)
    assert (ranked.dtype, ranked.shape) == (np.int64, (3, everything))
    for user, row in zip(USERS, ranked, strict=True):
        log = tastes[0].interactions
        met = set(log.loc[log["user_id"] == user, "item_id"])
        listed = row[row >= 0]
        assert sorted(training.items[listed]) == sorted(set(training.items) - met)
        assert (row[: len(listed)] >= 0).all()
    np.testing.assert_array_equal(contender.rank(USERS[::-1], 5), ranked[::-1, :5])


@pytest.mark.parametrize("name", CONTENDERS)
def test_the_same_seed_gives_the_same_lists(name: str, tastes: Split) -> None:
    users = sorted(tastes[1])
    first, second = (fitted(name, tastes[0], seed=3)[1].rank(users, 20) for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("name", sorted(set(CONTENDERS) - {"popularity"}))
def test_tastes_are_learned(name: str, tastes: Split) -> None:
    training, contender = fitted(name, tastes[0])
    test = HeldOut.of(tastes[1], training.items)
    # Of the 17 items of their taste that a user has not met, two are held out.
    assert recall_at_k(contender.rank(test.user_ids, 17), test.matrix, 17) > 0.9


@pytest.mark.parametrize("name", sorted(set(CONTENDERS) - {"two_tower"}))
def test_a_stranger_gets_what_is_popular(name: str, tastes: Split) -> None:
    _, contender = fitted(name, tastes[0])
    np.testing.assert_array_equal(contender.rank(["nobody"], 4), [[0, 1, 2, 3]])


@pytest.mark.parametrize("name", CONTENDERS)
def test_progress_grows_to_its_end(name: str, tastes: Split) -> None:
    shares: list[float] = []
    create(CONTENDERS[name], TOWERS).fit(Training(tastes[0]), 0, shares.append)
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= shares[-1] == 1
