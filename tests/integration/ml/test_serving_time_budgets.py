"""A service that is slow instead of absent costs a request its time budget, and only once."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from ml.features.online import OnlineFeatures
from ml.registry import repository
from ml.registry.repository import ModelVersion
from ml.serving.recommender import Recommender
from ml.serving.served_list import ServedList
from ml.settings import MlSettings
from streams.feature_encoding import table
from support.planted_version import LISTED, POPULAR, plant

pytestmark = pytest.mark.integration

BUDGET_SECONDS = 0.5
Eventually = Callable[[Callable[[], bool], float], None]


@pytest.fixture
def recommender(
    settings: MlSettings, taste_shop: Any, features: OnlineFeatures, eventually: Eventually
) -> Iterator[Recommender]:
    """A live version without its files, with a list of u00, who has viewed something since."""
    taste_shop.write(settings.database_url)
    plant(settings, features)
    recommender = Recommender(settings)
    eventually(lambda: _answer(recommender)[0].source == "precomputed", 30)
    yield recommender
    recommender.close()


@contextmanager
def _locked(settings: MlSettings, name: str) -> Iterator[None]:
    """Nobody reads the table in the block."""
    with psycopg.connect(settings.database_url) as connection:
        connection.execute(f"lock table {name} in access exclusive mode")
        yield
        connection.rollback()


def _answer(recommender: Recommender) -> tuple[ServedList, float]:
    """The list, and after how many seconds it came."""
    started = time.monotonic()
    served = recommender.recommend("u00", [], 3)
    return served, time.monotonic() - started


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("feast.{lists}", ("popular", POPULAR)),
        ("feast.{histories}", ("popular", POPULAR)),
        ("events.interactions", ("precomputed", LISTED)),
    ],
)
def test_a_table_that_does_not_answer_costs_its_time_budget_once(
    settings: MlSettings,
    recommender: Recommender,
    eventually: Eventually,
    name: str,
    expected: tuple[str, tuple[str, ...]],
) -> None:
    project = settings.feast_project
    names = {
        "lists": table(project, "user_top_k_items"),
        "histories": table(project, "live_history"),
    }
    with _locked(settings, name.format(**names)):
        first, took = _answer(recommender)
        following = [_answer(recommender) for _ in range(20)]

        assert (first.source, first.item_ids) == expected
        assert took < BUDGET_SECONDS
        assert {each.source for each, _ in following} == {expected[0]}
        assert sorted(seconds for _, seconds in following)[10] < 0.02

    eventually(lambda: _answer(recommender)[0].source == "precomputed", 10)


def test_a_server_that_says_nothing_costs_its_time_budget_once(
    settings: MlSettings, recommender: Recommender, eventually: Eventually
) -> None:
    with psycopg.connect(settings.database_url) as connection:
        found = connection.execute(
            "select pid from pg_stat_activity where datname = current_database()"
            " and pid <> pg_backend_pid() and backend_type = 'client backend'"
        )
        backends = [pid for (pid,) in found]
    assert backends
    try:
        for pid in backends:
            os.kill(pid, signal.SIGSTOP)
        first, took = _answer(recommender)
        following = [_answer(recommender) for _ in range(20)]
    finally:
        for pid in backends:
            os.kill(pid, signal.SIGCONT)

    assert (first.source, first.item_ids) == ("popular", POPULAR)
    assert took < 2 * BUDGET_SECONDS, "Feast and what was bought"
    assert {each.source for each, _ in following} == {"popular"}
    assert sorted(seconds for _, seconds in following)[10] < 0.02
    eventually(lambda: _answer(recommender)[0].source == "precomputed", 10)


def test_a_trend_that_cannot_be_read_does_not_keep_a_switch_from_being_noticed(
    settings: MlSettings, recommender: Recommender, eventually: Eventually
) -> None:
    other = "20260102T000000Z-00000000"
    with _locked(settings, f"feast.{table(settings.feast_project, 'trending_items')}"):
        with psycopg.connect(settings.database_url) as connection:
            repository.register(connection, ModelVersion(other))
            repository.mark_published(connection, other)
            repository.switch_live(connection, other, by="a test", reason="test")
        eventually(lambda: recommender.status().model_version == other, 5)


def test_a_start_beside_a_locked_registry_makes_requests_wait_once(
    settings: MlSettings, recommender: Recommender
) -> None:
    with _locked(settings, "ml.live_version"):
        starting = Recommender(settings)
        took = [_answer(starting)[1] for _ in range(3)]
    starting.close()
    assert took[0] < 1.5
    assert sum(took[1:]) < 0.1
