import pytest

from ml.data.synthetic import SyntheticConfig, generate
from ml.dataset import Dataset
from ml.evaluation.cold_start import measure_cold_start, score_cold_start
from ml.evaluation.findings import ColdStart
from ml.evaluation.metrics import NDCG, RECALL
from ml.evaluation.recovery import as_dataset
from ml.evaluation.splits import cold_start_split
from ml.towers.config import TowersConfig
from ml.towers.training import train

CONFIG = TowersConfig(dim=32, text_encoder=None)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    config = SyntheticConfig(n_users=300, n_items=400, n_interactions=8000)
    return as_dataset(generate(config))


@pytest.fixture(scope="module")
def found(dataset: Dataset) -> ColdStart:
    return measure_cold_start(dataset, CONFIG, seed=1)


def test_content_beats_the_popularity_of_the_category(found: ColdStart) -> None:
    models = found.new_items
    assert list(models) == ["two_tower", "category_popularity", "category_history", "random"]
    assert models["two_tower"][RECALL].low > models["category_popularity"][RECALL].high
    assert models["two_tower"][NDCG].low > models["category_popularity"][NDCG].high
    assert len({of.users for of in models.values()}) == 1
    # Of some forty items a list of twenty holds about half, whatever it goes by.
    assert models["random"][RECALL].mean == pytest.approx(20 / found.items, abs=0.08)


def test_preferences_and_two_items_beat_popularity(found: ColdStart) -> None:
    assert list(found.new_users) == ["preferences", "two_items", "preferences_two_items"]
    for models in found.new_users.values():
        assert models["two_tower"][RECALL].mean > models["popularity"][RECALL].mean
        assert models["two_tower"][NDCG].mean > models["popularity"][NDCG].mean
        assert models["two_tower"].users == models["popularity"].users == found.users
    # The targets are the same, whatever a user is encoded from.
    assert len({models["popularity"][RECALL] for models in found.new_users.values()}) == 1


def test_the_measure_is_that_of_a_model_without_new_items_and_users(
    dataset: Dataset, found: ColdStart
) -> None:
    split = cold_start_split(dataset, seed=1)
    bundle = train(split.training, CONFIG, seed=1)
    assert not set(split.items["item_id"]) & set(bundle.item_ids)
    assert score_cold_start(bundle, split, k=20, seed=1) == found


def test_without_preferences_two_items_are_what_there_is(dataset: Dataset) -> None:
    nobody = Dataset(dataset.interactions, dataset.users.iloc[:0], dataset.items)
    quick = CONFIG.model_copy(update={"epochs": 1})
    assert list(measure_cold_start(nobody, quick, seed=1).new_users) == ["two_items"]


def test_without_content_only_users_can_be_new(dataset: Dataset) -> None:
    bare = Dataset(dataset.interactions, dataset.users, dataset.items.iloc[:0])
    quick = CONFIG.model_copy(update={"epochs": 1})
    found = measure_cold_start(bare, quick, seed=1)
    assert (found.items, found.new_items) == (0, {})
    assert "two_items" in found.new_users


def test_where_nothing_can_be_held_out_nothing_is_trained(dataset: Dataset) -> None:
    one = dataset.interactions.iloc[:1]
    silent = Dataset(one, dataset.users, dataset.items)

    def no_training(*_: object) -> None:
        pytest.fail("it trained")

    found = measure_cold_start(silent, CONFIG, seed=1, progress=no_training)
    assert (found.new_items, found.new_users) == ({}, {})
