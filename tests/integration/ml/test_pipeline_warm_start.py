"""The pipeline starts from the live version, and at least weekly anew."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ml.card.make import FOLDER, README
from ml.card.model_card import ModelCard
from ml.gate import twin
from ml.registry import repository
from ml.settings import MlSettings
from pipelines.retrain.local import RetrainResult, run_local

pytestmark = pytest.mark.integration

TOWERS = {"epochs": 8, "dim": 16, "text_encoder": None}
NOW = datetime.now(UTC)


class Runs:
    """Of the pipeline, as of some days before now."""

    def __init__(self, settings: MlSettings) -> None:
        self._settings = settings
        self.folder = settings.models_dir

    def run(self, days_ago: float, **parameters: Any) -> RetrainResult:
        """What was stored just now counts as known."""
        until = (NOW - timedelta(days=days_ago)).isoformat()
        known = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
        quick = {"towers": TOWERS, "cold_start": False, "warm_start": True, "gate": "report"}
        return run_local(
            self._settings,
            {"until": until, "ingested_until": known, **quick, **parameters},
            self._settings.models_dir.parent / "work",
        )

    def started_from(self, run: RetrainResult) -> str:
        with psycopg.connect(self._settings.database_url) as connection:
            (found,) = [
                each for each in repository.versions(connection) if each.version == run.version
            ]
        return str(found.parameters["start"]["version"])

    def card(self, run: RetrainResult) -> ModelCard:
        path = self.folder / run.version / FOLDER / "card.json"
        return ModelCard.model_validate_json(path.read_text())


@pytest.fixture
def runs(settings: MlSettings, larger_taste_shop: Any) -> Runs:
    larger_taste_shop.write(settings.database_url)
    return Runs(settings)


@pytest.mark.timeout(900)
def test_runs_start_from_the_live_version_until_a_week_has_gone(runs: Runs) -> None:
    first = runs.run(8.5)
    assert runs.started_from(first) == ""
    assert runs.card(first).start_reason == "The run started anew: no version is live yet."

    second = runs.run(3)
    assert runs.started_from(second) == first.version
    card = runs.card(second)
    assert card.start_reason == f"The run started from the weights of version {first.version}."
    assert len(card.losses) == 4, "of eight epochs"
    assert card.validation is not None
    assert len(card.validation.losses) == 4, "of the twin too"
    assert card.start_reason in (runs.folder / second.version / FOLDER / README).read_text()
    one, two = (_twin(runs.folder / run.version / twin.FOLDER) for run in (first, second))
    assert one.instant <= two.instant == card.validation.held_out_from

    third = runs.run(1.4)
    assert runs.started_from(third) == ""
    reason = runs.card(third).start_reason
    assert reason is not None
    assert "weights are carried on for less than 7 days" in reason

    other = runs.run(1.3, towers={**TOWERS, "dim": 24})
    assert runs.started_from(other) == ""
    assert f"version {third.version} has other hyper-parameters" in str(
        runs.card(other).start_reason
    )


def _twin(folder: Path) -> Any:
    found = twin.earlier(folder)
    assert found is not None
    return found
