"""A warm start: what is copied from an earlier model, and what it spares."""

import pandas as pd
import pytest
import torch

from ml.dataset import Dataset
from ml.evaluation.metrics import RECALL
from ml.evaluation.protocol import score_lists
from ml.evaluation.splits import split_by_time
from ml.serving.batch import lists_by_user
from ml.towers.bundle import Bundle
from ml.towers.config import TowersConfig
from ml.towers.model import Towers
from ml.towers.preprocessing import Preprocessing
from ml.towers.training import train
from ml.towers.training_data import TrainingData
from ml.towers.warm_start import copy_weights, overlap
from ml.towers.windows import NEW_ITEM_WEIGHT, TrainingWindows
from streams.errors import ContractError


@pytest.fixture(scope="module")
def earlier(shop: Dataset, config: TowersConfig) -> tuple[Dataset, Bundle]:
    """A model that has not met the category Garden, nor an item of the others."""
    log, items = shop.interactions, shop.items
    known = ~log["item_id"].str.startswith("Garden") & (log["item_id"] != "Music-3")
    of_known = items["item_id"].isin(log[known]["item_id"])
    dataset = Dataset(log[known], shop.users, items[of_known])
    return dataset, train(dataset, config, seed=0)


@pytest.mark.parametrize("encoder", ["pooling", "causal"])
def test_weights_go_where_they_mean_the_same(
    shop: Dataset, config: TowersConfig, earlier: tuple[Dataset, Bundle], encoder: str
) -> None:
    dataset, start = earlier
    config = config.model_copy(update={"user_encoder": encoder})
    if encoder == "causal":
        start = train(dataset, config, seed=0)
    preprocessing = Preprocessing.fit(shop, None)
    cold, warm = Towers(preprocessing, config), Towers(preprocessing, config)
    copy_weights(warm, preprocessing, start)
    before, known = start.weights(), set(start.item_ids)
    assert {"Garden-1", "Music-3"} & set(preprocessing.item_ids) - known
    for row, item_id in enumerate(preprocessing.item_ids):
        expected = (
            before["ids"][start.item_ids.index(item_id)] if item_id in known else cold.ids[row]
        )
        assert torch.equal(warm.ids[row], expected)
    paths = start.preprocessing.category_paths
    assert "Shop|Garden" not in paths
    for row, path in enumerate(preprocessing.category_paths):
        old = before["content.category_embedding"]
        expected = old[paths.index(path)] if path in paths else cold.content.category_embedding[row]
        assert torch.equal(warm.content.category_embedding[row], expected)
    numbers = "content.numeric_projection"
    assert torch.equal(warm.state_dict()[numbers], before[numbers])
    if encoder == "causal":
        name = "causal.query_key_value"
        assert torch.equal(warm.state_dict()[name], before[name])


def test_it_knows_which_share_of_the_items_the_earlier_model_has_met(
    earlier: tuple[Dataset, Bundle],
) -> None:
    assert overlap(["Garden-1", "Music-3", "Music-4", "Music-5"], earlier[1]) == 0.5
    assert overlap(earlier[1].item_ids, earlier[1]) == 1
    assert overlap([], earlier[1]) == 0


def test_fewer_epochs_learn_as_much_from_a_warm_start(shop: Dataset, config: TowersConfig) -> None:
    training, held_out = split_by_time(shop)
    instants = training.interactions["timestamp"]
    older = training.interactions[instants < instants.quantile(0.9)]
    start = train(Dataset(older, shop.users, shop.items), config, seed=0)
    epochs: dict[str, int] = {}

    def recall(name: str, **options: object) -> float:
        def show(epoch: int, _of: int, _loss: float) -> None:
            epochs[name] = epoch

        bundle = train(training, config, seed=1, progress=show, **options)  # type: ignore[arg-type]
        return score_lists(lists_by_user(bundle, training, held_out, 10), held_out, 10)[RECALL]

    warm, cold = recall("warm", start=start), recall("cold")
    short = recall("short", share=config.warm_start_epochs)
    assert epochs["warm"] == epochs["short"] <= 0.5 * epochs["cold"]
    assert warm > 0.9 * cold
    assert warm > short


def test_windows_around_new_items_are_sampled_more_often(
    shop: Dataset, config: TowersConfig, earlier: tuple[Dataset, Bundle]
) -> None:
    start, preprocessing = earlier[1], Preprocessing.fit(shop, None)
    new = torch.from_numpy(~preprocessing.items.isin(start.item_ids))

    def odds(of: Bundle | None) -> float:
        """Anchors of new items per anchor of a known one; each window has its anchor alone."""
        alone = config.model_copy(update={"proximity_half_life": 1e-6, "whole_history_share": 0.0})
        generator = torch.Generator().manual_seed(0)
        windows = TrainingWindows(TrainingData(shop, preprocessing, alone, generator, of))
        items = torch.cat([windows.batch(windows.sample()).items for _ in range(60)])
        is_new = new[items].float().mean()
        return float(is_new / (1 - is_new))

    assert odds(start) / odds(None) == pytest.approx(NEW_ITEM_WEIGHT, rel=0.15)


def test_a_warm_run_gives_the_same_weights_twice(
    shop: Dataset, config: TowersConfig, earlier: tuple[Dataset, Bundle]
) -> None:
    start = earlier[1]
    kept = {name: weight.clone() for name, weight in start.weights().items()}
    one, two = (train(shop, config, seed=3, start=start) for _ in range(2))
    assert all(torch.equal(one.weights()[name], two.weights()[name]) for name in kept)
    assert all(torch.equal(start.weights()[name], kept[name]) for name in kept)


def test_vectors_of_another_length_are_refused(
    shop: Dataset, config: TowersConfig, earlier: tuple[Dataset, Bundle]
) -> None:
    wider = config.model_copy(update={"dim": config.dim + 8})
    with pytest.raises(ContractError, match="vectors of one length"):
        train(shop, wider, seed=0, start=earlier[1])


def test_new_items_of_a_history_count_by_their_content_in_lists(
    shop: Dataset, earlier: tuple[Dataset, Bundle]
) -> None:
    """Whoever met only what the model did not know gets lists of its category all the same."""
    dataset, bundle = earlier
    met = [f"Music-{number}" for number in range(3, 4)]
    log = shop.interactions[shop.interactions["item_id"].isin(met)].head(1).assign(user_id="new")
    with_new = Dataset(
        pd.concat([dataset.interactions, log], ignore_index=True),
        shop.users.iloc[:0],
        shop.items,
    )
    listed = lists_by_user(bundle, with_new, ["new"], 10)["new"]
    assert sum(item.startswith("Music") for item in listed) >= 7
