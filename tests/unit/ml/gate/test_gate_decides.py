"""The gate as a whole, on trained models: what it promotes and what it rejects, and why."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ml.dataset import Dataset
from ml.evaluation.validation import train_for_validation
from ml.gate import twin
from ml.gate.bounds import GateBounds
from ml.gate.decision import Decision
from ml.gate.judge import judge
from ml.gate.live import LiveVersion
from ml.ranking.ranker import Ranker
from ml.towers.bundle import Bundle
from ml.towers.config import TowersConfig
from ml.towers.training import train
from support.training_log import shop_of

CONFIG = TowersConfig(dim=16, epochs=6, text_encoder=None, user_encoder="pooling")
CATEGORIES = ("Books", "Garden", "Music", "Tools")
ITEMS_EACH = 40
Models = tuple[Ranker, Ranker]


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    """Shoppers who buy in one category each, a product a day."""
    rng = np.random.default_rng(3)
    items = [f"{name} {number}" for number in range(ITEMS_EACH) for name in CATEGORIES]
    start = pd.Timestamp("2026-01-01", tz="UTC")
    rows = [
        (f"u{user:03}", f"{CATEGORIES[user % 4]} {number}", start + pd.Timedelta(days=day))
        for user in range(160)
        for day, number in enumerate(rng.permutation(ITEMS_EACH)[:10])
    ]
    log = pd.DataFrame(rows, columns=["user_id", "item_id", "timestamp"])
    log = log.assign(interaction_type="purchase", rating=np.nan, quantity=np.nan)
    shop = shop_of({}, {item: item.split()[0] for item in items}, {})
    return Dataset(log, shop.users, shop.items)


def _towers(bundle: Bundle) -> Ranker:
    return Ranker(bundle, {}, {"two_tower": 1.0})


def _models(dataset: Dataset, seed: int) -> Models:
    run = train_for_validation(dataset, CONFIG, seed=seed)
    assert run is not None
    return _towers(train(dataset, CONFIG, seed=seed)), _towers(run.bundle)


@pytest.fixture(scope="module")
def honest(dataset: Dataset) -> Models:
    return _models(dataset, 1)


@pytest.fixture(scope="module")
def live(dataset: Dataset) -> LiveVersion:
    _, live_twin = _models(dataset, 0)
    return LiveVersion("v0", frozenset(dataset.items["item_id"]), 100, live_twin)


def _decide(
    models: tuple[Ranker, Ranker | None],
    live: LiveVersion | None,
    dataset: Dataset,
    **changes: float,
) -> Decision:
    ranker, its_twin = models
    bounds = GateBounds.model_validate(changes)
    return judge(ranker, its_twin, live, dataset, bounds, mode="enforce", seed=0)


def test_an_honest_retraining_is_promoted(
    dataset: Dataset, honest: Models, live: LiveVersion
) -> None:
    decision = _decide(honest, live, dataset)
    assert decision.promoted, decision.reason
    assert decision.reason == "Every check passed."
    assert decision.compared_with == "v0"
    assert decision.evaluated_users >= 50
    names = [check.name for check in decision.checks]
    assert names[:6] == [
        "catalogue",
        "vectors",
        "recall_against_popularity",
        "ndcg_against_popularity",
        "recall_against_live",
        "ndcg_against_live",
    ]
    assert names[-4:] == ["coverage", "same_list", "agreement_with_twin", "recall_against_twin"]


def test_a_model_of_shuffled_labels_is_rejected(dataset: Dataset, live: LiveVersion) -> None:
    items = np.random.default_rng(0).permutation(dataset.interactions["item_id"])
    log = dataset.interactions.assign(item_id=items)
    shuffled = Dataset(log, dataset.users, dataset.items)
    decision = _decide(_models(shuffled, 1), live, shuffled)
    assert not decision.promoted
    assert "not better than that of the most popular items" in decision.reason


def test_where_there_was_never_anything_to_learn_a_version_need_not_beat_popularity(
    dataset: Dataset,
) -> None:
    items = np.random.default_rng(0).permutation(dataset.interactions["item_id"])
    aimless = Dataset(dataset.interactions.assign(item_id=items), dataset.users, dataset.items)
    first = _models(aimless, 1)
    decision = _decide(first, None, aimless)
    assert decision.promoted, decision.reason
    assert any(check.name == "recall_not_below_popularity" for check in decision.checks)
    ids = frozenset(dataset.items["item_id"])
    live = LiveVersion("v0", ids, 100, first[1], beat_popularity=False)
    assert _decide(first, live, aimless).promoted


def test_a_model_that_unlearned_is_worse_than_the_live_one(
    dataset: Dataset, live: LiveVersion
) -> None:
    config = CONFIG.model_copy(update={"epochs": 1, "learning_rate": 1e-6})
    run = train_for_validation(dataset, config, seed=1)
    assert run is not None
    models = _towers(train(dataset, config, seed=1)), _towers(run.bundle)
    decision = _decide(models, live, dataset)
    failed = {check.name for check in decision.checks if not check.passed}
    assert not decision.promoted
    assert "recall_against_live" in failed


def test_half_a_catalogue_is_rejected(dataset: Dataset, honest: Models, live: LiveVersion) -> None:
    half = Dataset(dataset.interactions, dataset.users, dataset.items.iloc[::2])
    decision = _decide(honest, live, half)
    assert not decision.promoted
    assert decision.reason.startswith("80 of the live version's 160 items, 50%, are missing")


def test_another_model_than_its_twin_is_rejected(
    dataset: Dataset, honest: Models, live: LiveVersion
) -> None:
    items = np.random.default_rng(0).permutation(dataset.interactions["item_id"])
    log = dataset.interactions.assign(item_id=items)
    other = _towers(train(Dataset(log, dataset.users, dataset.items), CONFIG, seed=1))
    decision = _decide((other, honest[1]), live, dataset)
    assert [check.name for check in decision.checks if not check.passed] == ["recall_against_twin"]


def test_the_first_version_is_measured_by_popularity(dataset: Dataset, honest: Models) -> None:
    decision = _decide(honest, None, dataset)
    assert decision.promoted
    assert decision.compared_with is None
    assert "first version" in decision.reason
    assert "recall_against_popularity" in {check.name for check in decision.checks}


def test_a_live_version_of_an_older_release_has_no_twin(dataset: Dataset, honest: Models) -> None:
    older = LiveVersion("v0", frozenset(dataset.items["item_id"]), 100, None)
    decision = _decide(honest, older, dataset)
    assert decision.promoted
    assert "v0 has no twin to compare with" in decision.reason
    assert "recall_against_live" not in {check.name for check in decision.checks}


def test_with_too_few_users_only_an_unmeasured_version_is_replaced(
    dataset: Dataset, honest: Models, live: LiveVersion
) -> None:
    few = {"min_users": 1000}
    first = _decide(honest, None, dataset, **few)
    assert first.promoted
    assert "are too few to measure recall and NDCG" in first.reason
    unmeasured = LiveVersion("v0", live.item_ids, 999, live.twin)
    assert _decide(honest, unmeasured, dataset, **few).promoted
    measured = LiveVersion("v0", live.item_ids, 1000, live.twin)
    decision = _decide(honest, measured, dataset, **few)
    assert not decision.promoted
    assert "was measured may not be replaced by one that was not" in decision.reason
    without_twin = _decide((honest[0], None), measured, dataset)
    assert not without_twin.promoted


def test_a_twin_is_kept_in_a_folder(tmp_path: Path, honest: Models, dataset: Dataset) -> None:
    twin.save(honest[1], tmp_path / "twin")
    loaded = twin.load(tmp_path / "twin")
    assert loaded is not None
    assert loaded.bundle.version == honest[1].bundle.version
    assert twin.load(tmp_path / "none") is None
