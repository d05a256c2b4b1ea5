"""`make test-retraining`: a run of the pipeline is killed in each of its steps, and repeated.

It runs when it is named. `make test` kills publications, which are what could do harm
(`test_publications_under_load.py`).
"""

import os
import random
import signal
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from ml.features.online import OnlineFeatures
from ml.registry import repository
from ml.settings import MlSettings
from pipelines.retrain.local import RetrainResult, run_local
from pipelines.retrain.pipeline import retrain
from streams.errors import RecsysError

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1800)]

STEPS = sorted(retrain.pipeline_spec.root.dag.tasks)
RUN = {
    "towers": {"epochs": 2, "causal": {"epochs": 1}, "dim": 8, "text_encoder": None},
    "cold_start": False,
    "gate": "report",  # a killed run shall change nothing, whatever the gate would say
}


def _kill_runner() -> None:
    """Kill the runner and the component in it, as a machine that goes away does."""
    for child in psutil.Process().children():
        if "pipelines.retrain.local" in child.cmdline():
            os.killpg(child.pid, signal.SIGKILL)


def _run(
    settings: MlSettings, until: datetime, folder: Path, kill_in: str | None, after: float = 0.0
) -> RetrainResult:
    def follow(line: str) -> None:
        if line == f"{kill_in} starts":
            threading.Timer(after, _kill_runner).start()

    return run_local(settings, {**RUN, "until": until.isoformat()}, folder, follow)


def _live(settings: MlSettings) -> str | None:
    with psycopg.connect(settings.database_url) as connection:
        return repository.live_version(connection)


def test_a_run_that_was_killed_changes_nothing_and_repeated_it_gives_what_it_would_have_given(
    settings: MlSettings, features: OnlineFeatures, taste_shop: Any, tmp_path: Path
) -> None:
    taste_shop.write(settings.database_url)
    until, rng = datetime.now(UTC), random.Random(1)
    users = [row[0] for row in taste_shop.users]
    undisturbed = _run(settings, until, tmp_path / "work", None)
    lists = features.top_k_of(undisturbed.version, users)
    assert len(lists) == len(users)
    live = undisturbed.version
    for step in STEPS:
        seconds = undisturbed.seconds[step]
        with pytest.raises(RecsysError, match=f"component {step} failed"):
            # Before its last tenth, in which it may have ended already.
            _run(settings, until, tmp_path / "work", step, rng.uniform(0, 0.9 * seconds))
        assert _live(settings) == live, step
        assert features.top_k_of(live, users) == lists, step

        repeated = _run(settings, until, tmp_path / "work", None)

        assert _live(settings) == repeated.version != live, step
        assert features.top_k_of(repeated.version, users) == lists, step
        assert repeated.metrics.keys() == undisturbed.metrics.keys()
        timeless = repeated.metrics.keys() - {"train_seconds"}
        assert {name: repeated.metrics[name] for name in timeless} == {
            name: undisturbed.metrics[name] for name in timeless
        }, step
        live = repeated.version
        with psycopg.connect(settings.database_url) as connection:
            assert all(each.published_at for each in repository.versions(connection)), step
    assert not list((tmp_path / "work").iterdir()), "artifacts of killed runs go with them"
