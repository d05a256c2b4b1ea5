import xml.etree.ElementTree as ET
from pathlib import Path

import pandas as pd
import pytest

from ml.card.data import DataSummary
from ml.card.make import TrainingRun, make_card, write_card
from ml.card.model_card import ModelCard
from ml.card.text import as_markdown
from ml.data.synthetic import SyntheticConfig, generate
from ml.dataset import Dataset
from ml.evaluation.findings import BlendChoice
from ml.evaluation.metrics import NDCG, RECALL
from ml.evaluation.recovery import as_dataset
from ml.evaluation.validation import train_for_validation
from ml.towers.config import TowersConfig
from ml.towers.training import train

CONFIG = TowersConfig(dim=16, epochs=7, text_encoder=None)
RUN = TrainingRun("20261001T000000Z-0123abcd", 3, CONFIG, 12.3456, [3.0, 2.5, 2.0])


PICTURES = {"learning_curves.svg", "models.svg", "segments.svg", "cold_start.svg"}


def _quiet(*_: object) -> None:
    pass


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    shop = as_dataset(generate(SyntheticConfig(n_users=120, n_items=150, n_interactions=3000)))
    # Last purchases are held out of a synthetic shop, so its newest part has hardly any.
    log = shop.interactions.replace({"interaction_type": {"view": "cart"}})
    return Dataset(log, shop.users, shop.items)


RANKING = BlendChoice(
    weights={"two_tower": 0.6, "ease": 0.4},
    parameters={"ease": {"lambda": 200, "popularity_exponent": 0.1}},
    reason="A blend of both is better by more than the noise.",
)


@pytest.fixture(scope="module")
def card(dataset: Dataset) -> ModelCard:
    validation = train_for_validation(dataset, CONFIG, seed=RUN.seed)
    return make_card(
        dataset, RUN, validation=validation, cold_start=True, ranking=RANKING, progress=_quiet
    )


def test_it_measures_on_held_out_items_with_baselines_and_segments(card: ModelCard) -> None:
    validation = card.validation
    assert validation is not None
    assert list(validation.models) == ["two_tower", "popularity", "item_knn", "ease"]
    for scores in validation.models.values():
        assert scores.users == validation.held_out_users
        assert scores[RECALL].low <= scores[RECALL].mean <= scores[RECALL].high
    assert (
        validation.models["two_tower"][RECALL].mean > validation.models["popularity"][RECALL].mean
    )
    assert len(validation.losses) == CONFIG.epochs
    assert validation.losses[-1] < validation.losses[0]
    # Few users: the curve is measured on all of them, so it ends at the figure itself.
    assert validation.curve[-1].epoch == CONFIG.epochs
    assert validation.curve[-1][RECALL] == validation.models["two_tower"][RECALL].mean
    assert [point.epoch for point in validation.curve] == [2, 3, 5, 6, 7]
    parts = [part for part in validation.segments if part.of == "users"]
    # Each user is in one segment.
    evaluated = sum(part.models["two_tower"].users for part in parts)
    assert evaluated == validation.held_out_users
    whole = sum(part.models["ease"][RECALL].mean * part.models["ease"].users for part in parts)
    assert whole / evaluated == pytest.approx(validation.models["ease"][RECALL].mean)
    assert {part.of for part in validation.segments} == {"users", "items"}


def test_what_is_held_out_is_the_newest(card: ModelCard, dataset: Dataset) -> None:
    assert card.validation is not None
    instant = card.validation.held_out_from
    older = dataset.interactions["timestamp"] < instant
    assert card.validation.training_interactions == older.sum()
    assert older.mean() == pytest.approx(0.9, abs=0.01)
    assert f"what happened from {instant:%Y-%m-%d %H:%M} UTC on" in as_markdown(
        card, dict.fromkeys(PICTURES, "A picture")
    )


def test_being_observed_changes_no_training(dataset: Dataset) -> None:
    seen: list[int] = []
    alone = train(dataset, CONFIG, seed=1)
    observed = train(dataset, CONFIG, seed=1, observe=lambda epoch, _bundle: seen.append(epoch))
    assert seen == [2, 3, 5, 6, 7]
    # Behind the instant stands a checksum of the weights.
    assert observed.version.split("-")[1] == alone.version.split("-")[1]


def test_figures_for_the_registry_are_those_of_the_card(card: ModelCard) -> None:
    assert card.validation is not None
    assert card.cold_start is not None
    figures = card.figures()
    models = card.validation.models
    assert figures["recall_at_20"] == models["two_tower"][RECALL].mean
    assert figures["ndcg_at_20"] == models["two_tower"][NDCG].mean
    assert figures["popularity_recall_at_20"] == models["popularity"][RECALL].mean
    assert figures["held_out_users"] == card.validation.held_out_users
    new_items = card.cold_start.new_items
    assert figures["new_items_recall_at_20"] == new_items["two_tower"][RECALL].mean
    category = new_items["category_popularity"][NDCG].mean
    assert figures["new_items_category_popularity_ndcg_at_20"] == category
    two_items = card.cold_start.new_users["two_items"]["popularity"][RECALL].mean
    assert figures["new_users_two_items_popularity_recall_at_20"] == two_items
    assert figures["train_seconds"] == 12.346


def test_its_folder_holds_all_of_it(card: ModelCard, tmp_path: Path) -> None:
    write_card(card, tmp_path / "card")
    written = (tmp_path / "card" / "card.json").read_text()
    assert ModelCard.model_validate_json(written) == card
    text = (tmp_path / "card" / "README.md").read_text()
    for name in PICTURES:
        assert f"]({name})" in text
        root = ET.parse(tmp_path / "card" / name).getroot()
        assert root.tag.endswith("svg")
    assert card.validation is not None
    recall = card.validation.models["ease"][RECALL]
    assert f"{recall.mean:.4f} ({recall.low:.4f} to {recall.high:.4f})" in text
    assert "| two towers | 0.60 |  |\n| EASE | 0.40 | lambda 200, popularity_exponent 0.1 |" in text
    assert RANKING.reason in text
    for heading in (
        "Intended use",
        "Limits",
        "Data",
        "Ranking",
        "Held-out items",
        "Segments",
        "Cold start",
    ):
        assert f"\n## {heading}\n" in text
    assert {path.name for path in (tmp_path / "card").iterdir()} == PICTURES | {
        "card.json",
        "README.md",
    }


def test_the_same_card_is_the_same_bytes(card: ModelCard, tmp_path: Path) -> None:
    write_card(card, tmp_path / "one")
    write_card(card, tmp_path / "two")
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def _never(what: str, _done: int, _total: int, _seconds: float) -> None:
    pytest.fail(what)


def test_without_validation_it_says_that_nothing_was_measured(
    dataset: Dataset, tmp_path: Path
) -> None:
    card = make_card(
        dataset, RUN, validation=None, cold_start=False, ranking=RANKING, progress=_never
    )
    write_card(card, tmp_path)
    text = (tmp_path / "README.md").read_text()
    assert "Nothing was measured for this version" in text
    assert "Held-out items" not in text
    assert "Mean loss 3.0000 in the first epoch, 2.0000 in epoch 3." in text
    assert {path.name for path in tmp_path.iterdir()} == {
        "card.json",
        "README.md",
        "learning_curves.svg",
    }
    assert set(card.figures()) == {"interactions", "users", "items", "train_seconds"}


def test_cold_start_is_left_out_on_demand(dataset: Dataset) -> None:
    config = CONFIG.model_copy(update={"epochs": 1})
    quick = TrainingRun(RUN.version, 3, config, 1.0, RUN.losses)
    validation = train_for_validation(dataset, config, seed=3)
    card = make_card(
        dataset, quick, validation=validation, cold_start=False, ranking=RANKING, progress=_quiet
    )
    assert card.validation is not None
    assert card.cold_start is None


def test_the_data_is_counted(dataset: Dataset) -> None:
    summary = DataSummary.of(dataset)
    log = dataset.interactions
    assert summary.interactions == len(log) == sum(summary.interaction_types.values())
    assert summary.interaction_types["purchase"] == (log["interaction_type"] == "purchase").sum()
    assert (summary.first, summary.last) == (log["timestamp"].min(), log["timestamp"].max())
    assert summary.users == summary.users_with_preferences == 120
    assert summary.items == 150
    assert summary.content["category"] == 1


def test_the_checksum_is_of_the_rows_in_any_order_and_store(
    dataset: Dataset, tmp_path: Path
) -> None:
    checksum = DataSummary.of(dataset).sha256
    dataset.save(tmp_path)
    shuffled = dataset.interactions.sample(frac=1, random_state=1, ignore_index=True)
    assert DataSummary.of(Dataset.load(tmp_path)).sha256 == checksum
    assert DataSummary.of(Dataset(shuffled, dataset.users, dataset.items)).sha256 == checksum
    changed = dataset.interactions.copy()
    changed.loc[changed.index == 0, "timestamp"] += pd.Timedelta(seconds=1)
    assert DataSummary.of(Dataset(changed, dataset.users, dataset.items)).sha256 != checksum


def test_a_log_without_instants_has_no_span(dataset: Dataset) -> None:
    nowhen = dataset.interactions.copy()
    nowhen["timestamp"] = pd.to_datetime(pd.Series(pd.NaT, index=nowhen.index), utc=True)
    summary = DataSummary.of(Dataset(nowhen, dataset.users, dataset.items))
    assert summary.first is None
    assert summary.last is None
