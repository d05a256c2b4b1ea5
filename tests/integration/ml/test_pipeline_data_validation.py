"""Data that must not train a model, in the real database."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from ml.data_validation.bounds import DataBounds
from ml.data_validation.clocks import Clocks
from ml.data_validation.report import DataReport
from ml.features.training_data import load_dataset
from ml.registry import repository
from ml.serving.recommender import Recommender
from ml.settings import MlSettings
from pipelines.retrain.local import run_local
from streams.errors import RecsysError

pytestmark = pytest.mark.integration

QUICK = {
    "towers": {"epochs": 2, "causal": {"epochs": 1}, "dim": 8, "text_encoder": None},
    "validate": False,
    "gate": "report",
}
FEW = DataBounds(min_interactions=100, min_day_interactions=50)
Eventually = Callable[[Callable[[], bool], float], None]


def test_half_of_the_catalogue_missing_stops_the_run_and_the_live_version_goes_on(
    settings: MlSettings, taste_shop: Any, tmp_path: Path, eventually: Eventually
) -> None:
    taste_shop.write(settings.database_url)
    live = run_local(settings, QUICK, tmp_path / "work").version
    with psycopg.connect(settings.database_url) as connection:
        assert repository.live_metrics(connection)["items"] == 80
        connection.execute("delete from shop.products where right(item_id, 1) < '5'")
    lines: list[str] = []

    with pytest.raises(RecsysError) as caught:
        run_local(settings, QUICK, tmp_path / "work", lines.append)

    assert (
        "no model is trained on these data: There are 40 items and were 80 in the run of the live"
        " version: 50% fewer; at most 20% may be missing." in str(caught.value)
    )
    assert "passed: There are 480 interactions." in lines
    assert not any("train-towers" in line for line in lines)
    with psycopg.connect(settings.database_url) as connection:
        assert repository.live_version(connection) == live
    recommender = Recommender(settings)
    try:
        eventually(lambda: recommender.recommend("u00", [], 5).source == "precomputed", 30)
        assert recommender.recommend("u00", [], 5).model_version == live
    finally:
        recommender.close()


def _report(settings: MlSettings, until: datetime) -> DataReport:
    with psycopg.connect(settings.database_url) as connection:
        clocks = Clocks.read(connection, FEW)
    dataset = load_dataset(settings, until)
    return DataReport.of(dataset, until=until, clocks=clocks, before={}, bounds=FEW)


def _add(settings: MlSettings, rows: int, user_id: str, at: datetime) -> None:
    with psycopg.connect(settings.database_url) as connection:
        connection.cursor().executemany(
            "insert into events.interactions (interaction_id, user_id, item_id, timestamp,"
            " interaction_type) values (%s, %s, %s, %s, 'view')",
            [
                (uuid4(), user_id, f"i{row % 80:02}", at + timedelta(seconds=row))
                for row in range(rows)
            ],
        )


def test_a_bots_day_and_a_clock_that_is_a_year_ahead_are_found(
    settings: MlSettings, taste_shop: Any
) -> None:
    taste_shop.write(settings.database_url)
    now = datetime.now(UTC)
    assert _report(settings, now).summary == "Every check passed."

    of_run = _report(settings, now + timedelta(days=365))
    assert [check.name for check in of_run.failed] == ["clock of the run"]

    _add(settings, 30, "u01", now + timedelta(days=365))
    of_senders = _report(settings, now)
    assert [check.name for check in of_senders.failed] == ["interactions in the future"]
    assert of_senders.summary.startswith("30 interactions are in the future")

    _add(settings, 60, "bot", now - timedelta(minutes=5))
    of_bot = [check for check in _report(settings, now).failed if "one day" in check.name]
    assert of_bot[0].sentence.startswith("One user has 60 of one day's")
