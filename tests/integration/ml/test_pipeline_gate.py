"""The gate in the pipeline: what goes live, what does not, and promotion by hand."""

from importlib.metadata import version
from types import SimpleNamespace
from typing import Any

import numpy as np
import psycopg
import pytest
from typer.testing import CliRunner

from apps.cli import versions
from apps.cli.main import cli
from ml.features.online import OnlineFeatures
from ml.registry import repository
from ml.registry.registration import registrations
from ml.settings import MlSettings
from ml.towers.bundle import Bundle
from pipelines.retrain.local import RetrainResult, run_local
from streams.errors import ConfigurationError
from support.laptop import free_ports

pytestmark = pytest.mark.integration

QUICK = {
    "towers": {"epochs": 6, "causal": {"epochs": 1}, "dim": 16, "text_encoder": None},
    "cold_start": False,
}
USERS = ["u00", "u07", "u31"]


class Shop:
    """The pipeline and the commands on one database."""

    def __init__(self, settings: MlSettings, monkeypatch: pytest.MonkeyPatch) -> None:
        self._settings = settings
        stack = SimpleNamespace(
            database_url=settings.database_url,
            settings=SimpleNamespace(state_dir=settings.models_dir.parent),
        )
        monkeypatch.setattr(versions, "running_stack", lambda: stack)
        monkeypatch.setenv("COLUMNS", "200")

    def run(self, **parameters: Any) -> RetrainResult:
        return run_local(
            self._settings, {**QUICK, **parameters}, self._settings.models_dir.parent / "work"
        )

    def live(self) -> str | None:
        with psycopg.connect(self._settings.database_url) as connection:
            return repository.live_version(connection)

    def execute(self, statement: str, rows: list[tuple[Any, ...]] | None = None) -> None:
        with psycopg.connect(self._settings.database_url) as connection:
            if rows is None:
                connection.execute(statement)
            else:
                connection.cursor().executemany(statement, rows)

    def read(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._settings.database_url) as connection:
            return connection.execute(statement).fetchall()

    def recsys(self, *arguments: str) -> str:
        done = CliRunner().invoke(cli, arguments, catch_exceptions=False)
        return done.output


@pytest.fixture
def shop(settings: MlSettings, larger_taste_shop: Any, monkeypatch: pytest.MonkeyPatch) -> Shop:
    larger_taste_shop.write(settings.database_url)
    return Shop(settings, monkeypatch)


@pytest.mark.timeout(600)
def test_a_good_version_goes_live_and_bad_ones_do_not(
    shop: Shop, settings: MlSettings, features: OnlineFeatures
) -> None:
    first = shop.run()
    assert first.decision.promoted, first.decision.reason
    assert first.decision.compared_with is None
    assert (settings.models_dir / first.version / "twin" / "bundle.json").exists()

    honest = shop.run(seed=1)
    assert honest.decision.promoted, honest.decision.reason
    assert honest.decision.compared_with == first.version
    assert {"recall_against_live", "coverage"} <= {each.name for each in honest.decision.checks}
    assert shop.live() == honest.version
    served = features.top_k_of(honest.version, USERS)

    _shuffle_labels(shop)
    shuffled = shop.run()
    assert not shuffled.decision.promoted
    assert "is not better than that of the most popular items" in shuffled.decision.reason
    assert shop.live() == honest.version
    assert features.top_k_of(honest.version, USERS) == served

    shop.execute("delete from shop.products where item_id > 'i39'")
    halved = shop.run(data_bounds={"max_fall": 0.9})
    assert not halved.decision.promoted
    assert halved.decision.reason == (
        "40 of the live version's 80 items, 50%, are missing in the catalogue; at most 20% may."
    )
    assert shop.live() == honest.version

    shown = shop.recsys("model", "show", halved.version)
    assert f"rejected by the gate: {halved.decision.reason}" in shown
    listed = shop.recsys("model", "list")
    for each in (shuffled, halved):
        assert f"{each.version} was rejected: {each.decision.reason}\n" in listed
    promoted = shop.recsys("model", "promote", halved.version, "--reason", "a smaller shop")
    assert promoted == f"version {halved.version} is live\n"
    assert shop.live() == halved.version
    assert set(features.top_k_of(halved.version, USERS)) == set(USERS)


def test_a_gate_that_only_reports_publishes_also_without_the_model_registry(
    shop: Shop, settings: MlSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    demanding = {"min_gain": 10}
    rejected = shop.run(gate_bounds=demanding)
    assert not rejected.decision.promoted
    assert shop.live() is None
    monkeypatch.setenv("RECSYS_MODEL_REGISTRY_URL", f"http://127.0.0.1:{free_ports(1)[0]}")
    reported = shop.run(gate="report", gate_bounds=demanding)
    assert shop.live() == reported.version
    assert "as the gate only reports" in reported.decision.reason
    kept = shop.read("select version, decision ->> 'reason' from ml.model_versions order by 1")
    assert kept == [(each.version, each.decision.reason) for each in (rejected, reported)]

    ((failing, error),) = shop.read("select failing_since, error from ml.registry_sync")
    assert failing
    assert "does not answer" in error
    with psycopg.connect(settings.database_url) as connection:
        registered = registrations(connection, settings.artifacts)[reported.version]
    assert registered.properties["alias"] == "champion"
    assert registered.properties["parameter.code_version"] == version("recsys")
    config = Bundle.load(settings.models_dir / reported.version).config
    assert registered.properties["parameter.user_encoder"] == config.user_encoder


def test_an_unmeasured_version_needs_a_gate_that_only_reports(shop: Shop) -> None:
    with pytest.raises(ConfigurationError, match="set gate to report"):
        shop.run(validate=False)
    assert shop.live() is None


def _shuffle_labels(shop: Shop) -> None:
    rows = shop.read("select interaction_id, item_id from events.interactions order by 1")
    items = np.random.default_rng(0).permutation([item for _, item in rows]).tolist()
    changed = [(item, name) for item, (name, _) in zip(items, rows, strict=True)]
    shop.execute("update events.interactions set item_id = %s where interaction_id = %s", changed)
