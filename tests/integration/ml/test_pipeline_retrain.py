import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from ml.card.make import FOLDER, README
from ml.card.model_card import ModelCard
from ml.features.online import OnlineFeatures
from ml.features.training_data import load_dataset
from ml.ranking.ranker import Ranker
from ml.registry import repository
from ml.serving.batch import index_items
from ml.serving.category_spread import CategorySpread
from ml.settings import MlSettings
from ml.towers.bundle import Bundle
from pipelines.retrain.local import RetrainResult, run_local
from pipelines.retrain.pipeline import retrain
from streams.errors import ConfigurationError, RecsysError

pytestmark = pytest.mark.integration

QUICK_TOWERS = {"epochs": 4, "causal": {"epochs": 1}, "dim": 16, "text_encoder": None}
QUICK = {"towers": QUICK_TOWERS}
BLENDED = {
    "towers": {**QUICK_TOWERS, "learning_rate": 1e-6},
    "ranker": "full",
    "gate": "report",
}
"""Towers that learn nothing, so that other models join them."""


def _seen(settings: MlSettings) -> dict[str, set[str]]:
    seen: dict[str, set[str]] = {}
    with psycopg.connect(settings.database_url) as connection:
        for user, item in connection.execute("select user_id, item_id from events.interactions"):
            seen.setdefault(user, set()).add(item)
    return seen


def _live(settings: MlSettings) -> repository.Live:
    with psycopg.connect(settings.database_url) as connection:
        live = repository.live(connection)
    assert live is not None
    return live


def _ranker(settings: MlSettings, run: RetrainResult) -> Ranker:
    folder = settings.models_dir / run.version
    return Ranker.load(folder / "ranker", Bundle.load(folder))


def _assert_are_those_of_the_blend(
    settings: MlSettings, run: RetrainResult, lists: Mapping[str, Sequence[str]]
) -> None:
    """They are the lists of a ranker of several models, and none holds what is seen."""
    ranker = _ranker(settings, run)
    assert set(ranker.blend) > {"two_tower"}
    seen = _seen(settings)
    dataset = load_dataset(settings, datetime.now(UTC))
    index = index_items(ranker.bundle, dataset)
    blocks = ranker.list_items(
        index,
        dataset.known_users(),
        dataset.interactions,
        k=settings.top_k,
        now=None,
        spread=CategorySpread.of(dataset.items["category"], settings.spread),
    )
    for block in blocks:
        for user, items in zip(block.user_ids, block.lists, strict=True):
            assert list(lists[user]) == items
            assert len(items) == settings.top_k
            assert not seen.get(user, set()) & set(items)


def _assert_ran_every_step(run: RetrainResult) -> None:
    steps = list(run.seconds)
    assert set(steps) == set(retrain.pipeline_spec.root.dag.tasks)
    assert (steps[0], steps[-1]) == ("load-data", "publish")


def _assert_has_card(settings: MlSettings, run: RetrainResult, *, measured: bool) -> None:
    folder = settings.models_dir / run.version / FOLDER
    for picture in re.findall(r"\]\((.*?)\)", (folder / README).read_text()):
        assert (folder / picture).stat().st_size
    card = ModelCard.model_validate_json((folder / "card.json").read_text())
    assert card.version == run.version
    assert card.figures() == run.metrics
    assert card.ranking is not None
    assert dict(card.ranking.weights) == _ranker(settings, run).blend
    assert (len(card.ranking.weights) > 1) == measured
    assert len(card.losses) == 4
    assert (card.validation is not None) == (card.cold_start is not None) == measured


def test_the_pipeline_gives_every_user_a_list_and_a_second_run_replaces_it(
    settings: MlSettings, features: OnlineFeatures, larger_taste_shop: Any, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    larger_taste_shop.users.append(("new_user", "New", "Music", now))
    larger_taste_shop.interactions.append((uuid4(), "stranger", "i01", now, "purchase", 1, None))
    larger_taste_shop.write(settings.database_url)
    users = [row[0] for row in larger_taste_shop.users] + ["stranger"]
    lines: list[str] = []

    first = run_local(settings, BLENDED, tmp_path / "work", lines.append)

    assert _live(settings).version == first.version
    assert first.metrics["interactions"] == 1281
    assert first.metrics["users"] == 162
    assert first.metrics["items"] == 80
    assert 0 <= first.metrics["popularity_recall_at_20"] <= 1
    assert {"recall_at_20", "ndcg_at_20", "train_seconds"} <= set(first.metrics)
    assert first.metrics["new_items_recall_at_20"] == 1, "there are fewer than twenty"
    assert 0 <= first.metrics["new_users_two_items_recall_at_20"] <= 1
    _assert_ran_every_step(first)
    assert any(line.startswith("epoch 4 of 4, loss") for line in lines)
    assert list((tmp_path / "work").iterdir()) == []
    lists = features.top_k_of(first.version, users)
    assert set(lists) == set(users)
    _assert_are_those_of_the_blend(settings, first, lists)

    bought = lists["u00"][0]
    with psycopg.connect(settings.database_url) as connection:
        connection.execute(
            "insert into events.interactions (interaction_id, user_id, item_id, timestamp,"
            " interaction_type) values (%s, 'u00', %s, now(), 'purchase')",
            (uuid4(), bought),
        )
        connection.execute(
            "insert into events.new_users values ('later', 'L', 'Books', now() + '1 hour')"
        )

    until = datetime.now(UTC).isoformat()
    changed = {**QUICK, "validate": False, "gate": "report", "top_k": 5, "until": until}
    second = run_local(settings, changed, tmp_path / "work")

    live = _live(settings)
    assert (live.version, live.previous) == (second.version, first.version)
    assert second.version > first.version
    assert "recall_at_20" not in second.metrics
    assert (second.metrics["interactions"], second.metrics["users"]) == (1282, 162)
    assert features.top_k(second.version, "later") is None
    replaced = features.top_k_of(second.version, users)
    assert set(replaced) == set(users)
    assert {len(items) for items in replaced.values()} == {5}
    assert features.top_k_of(first.version, users) == lists, "for a rollback"
    assert bought not in replaced["u00"]
    with psycopg.connect(settings.database_url) as connection:
        kept = {model.version: model for model in repository.versions(connection)}
    assert set(kept) == {first.version, second.version}
    assert kept[second.version].parameters["top_k"] == 5
    rankers = [kept[run.version].parameters["ranker"] for run in (first, second)]
    assert rankers == ["full", "two_tower"]
    assert kept[second.version].parameters["until"] == until
    assert first.metrics.items() <= kept[first.version].metrics.items()
    assert {folder.name for folder in settings.models_dir.iterdir()} == set(kept)
    _assert_has_card(settings, first, measured=True)
    _assert_has_card(settings, second, measured=False)


def test_a_failing_component_is_named_with_its_last_lines(
    settings: MlSettings, tmp_path: Path
) -> None:
    with pytest.raises(RecsysError) as caught:
        run_local(settings, QUICK, tmp_path / "work")

    message = str(caught.value)
    assert "validate-data" in message
    assert "no model is trained on these data: There are no interactions to learn from." in message
    with psycopg.connect(settings.database_url) as connection:
        assert repository.live(connection) is None


@pytest.mark.parametrize(
    "parameters",
    [
        {"epochs": 3},
        {"ranker": "als"},
        {"top_k": 0},
        {"seed": "one"},
        {"until": "2026-01-01"},
        {"until": "soon"},
    ],
)
def test_wrong_parameters_are_refused_before_anything_runs(
    parameters: dict[str, Any], tmp_path: Path
) -> None:
    settings = MlSettings(database_url="postgresql://nobody@127.0.0.1:1/none", models_dir=tmp_path)
    with pytest.raises(ConfigurationError, match="parameters of the pipeline"):
        run_local(settings, parameters, tmp_path / "work")
