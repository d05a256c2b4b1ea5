"""One more metric in METRICS is shown everywhere, without any other change."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from apps.cli.main import cli
from ml.card.make import TrainingRun, make_card, write_card
from ml.card.model_card import ModelCard
from ml.data.synthetic import SyntheticConfig, generate
from ml.evaluation.findings import BlendChoice
from ml.evaluation.metrics import METRICS, Floats, Hits, Metric
from ml.evaluation.recovery import as_dataset
from ml.evaluation.validation import train_for_validation
from ml.towers.config import TowersConfig


def _reciprocal_rank(found: Hits) -> Floats:
    first = found.hits.argmax(axis=1)
    return np.where(found.hits.any(axis=1), 1 / (first + 1), 0.0)


MRR = Metric("mrr", "MRR", _reciprocal_rank, decimals=3)


@pytest.fixture(autouse=True)
def mrr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(METRICS, MRR.name, MRR)


def test_the_comparison_shows_it_in_its_table_and_its_json(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text("a x y z\nb x w\nc x\n")
    (tmp_path / "test.txt").write_text("b y\nc z\n")
    files = ("--train", str(tmp_path / "train.txt"), "--test", str(tmp_path / "test.txt"))
    report = tmp_path / "out.json"
    options = ("--format", "lines", "--models", "popularity", "--k", "5", "--json", str(report))
    done = CliRunner().invoke(cli, ["evaluate", *files, *options], catch_exceptions=False)
    figures = json.loads(report.read_text())["models"]["popularity"]
    assert list(figures)[:5] == ["recall@5", "ndcg@5", "mrr@5", "hit_rate@10", "ndcg@10"]
    # Of equally popular items the lower id comes first: b gets y, z; c gets w, y, z.
    assert figures["mrr@5"] == pytest.approx((1 + 1 / 3) / 2)
    assert " mrr " in done.stdout
    assert "0.667" in done.stdout


def test_the_model_card_and_the_registry_show_it(tmp_path: Path) -> None:
    config = SyntheticConfig(n_users=60, n_items=80, n_interactions=1500)
    run = TrainingRun("20261001T000000Z-0123abcd", 0, _towers(), 1.0, [1.0])
    dataset = as_dataset(generate(config))
    card = make_card(
        dataset,
        run,
        validation=train_for_validation(dataset, run.config, seed=run.seed),
        cold_start=True,
        ranking=BlendChoice(weights={"two_tower": 1.0}, reason="By default."),
        progress=lambda *_: None,
    )
    write_card(card, tmp_path)
    assert card.validation is not None
    assert card.cold_start is not None
    mean = card.validation.models["ease"][MRR].mean
    assert 0 < mean < 1
    written = (tmp_path / "card.json").read_text()
    assert ModelCard.model_validate_json(written) == card
    found = json.loads(written)
    assert found["validation"]["models"]["ease"]["mrr"]["mean"] == mean
    assert found["validation"]["curve"][-1]["mrr"] > 0
    assert "mrr" in found["validation"]["segments"][0]["models"]["two_tower"]
    assert "mrr" in found["cold_start"]["new_items"]["two_tower"]
    assert "mrr" in found["cold_start"]["new_users"]["two_items"]["popularity"]
    text = (tmp_path / "README.md").read_text()
    assert "| recall@20 | NDCG@20 | MRR@20 |" in text
    assert f"| {mean:.3f} (" in text
    for chart in ("learning_curves.svg", "models.svg"):
        assert "MRR" in (tmp_path / chart).read_text()
    figures = card.figures()
    assert figures["ease_mrr_at_20"] == mean
    assert "new_items_mrr_at_20" in figures


def _towers() -> TowersConfig:
    return TowersConfig(dim=8, epochs=1, text_encoder=None)
