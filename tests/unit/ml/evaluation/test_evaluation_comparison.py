from pathlib import Path

import numpy as np
import pytest

from ml.evaluation.comparison import Step, compare
from ml.evaluation.isolation import Failure, Job, Success, run_isolated
from ml.evaluation.ranking_models.ranking_model import RANKING_MODELS, Entry
from streams.errors import ContractError
from support.training_log import dataset_of

LOG = dataset_of(
    [("a", "x"), ("b", "x"), ("c", "x"), ("d", "x"), ("a", "y"), ("b", "y"), ("a", "z"), ("d", "w")]
)
"""Popular in this order: x, y, w, z."""
HELD_OUT = {"b": {"z"}, "d": {"y", "gone"}, "new": {"y"}, "c": set()}


def test_figures_are_those_of_the_protocol() -> None:
    figures = compare(LOG, HELD_OUT, ["popularity"], k=1, seed=0)["popularity"]
    # Lists: b: w, z; d: y, z; new: x, y, w, z.
    second = 1 / np.log2(3)
    assert list(figures) == [
        "recall@1",
        "ndcg@1",
        "hit_rate@10",
        "ndcg@10",
        "coverage",
        "novelty",
        "train_seconds",
        "top_k_seconds",
        "peak_rss_mb",
        "parameters",
    ]
    assert figures["recall@1"] == pytest.approx((0 + 1 / 2 + 0) / 3)
    assert figures["ndcg@1"] == pytest.approx((0 + 1 + 0) / 3)
    assert figures["hit_rate@10"] == 1
    assert figures["ndcg@10"] == pytest.approx((second + 1 / (1 + second) + second) / 3)
    assert figures["coverage"] == 3 / 4
    assert figures["novelty"] == pytest.approx((2 + 1 + 0) / 3)
    assert 10 < figures["peak_rss_mb"] < 2_000


def test_every_step_is_reported() -> None:
    steps: list[Step] = []
    compare(LOG, HELD_OUT, ["popularity", "ease"], k=2, seed=0, progress=steps.append)
    assert {(step.name, step.number, step.models) for step in steps} == {
        ("popularity", 1, 2),
        ("ease", 2, 2),
    }
    assert steps[0].seconds_left is None
    assert steps[-1].share == 1
    assert steps[-1].seconds_left == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize(
    ("names", "k", "message"),
    [
        (["popularity", "magic"], 5, "there is no model 'magic'; there are two_tower, popularity"),
        (["ease", "ease"], 5, "the model ease is named twice"),
        ([], 5, "no model is named"),
        (["popularity"], 0, "k must be at least 1"),
    ],
)
def test_what_cannot_be_asked_is_refused(names: list[str], k: int, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        compare(LOG, HELD_OUT, names, k=k, seed=0)


def test_nothing_held_out_is_refused() -> None:
    with pytest.raises(ContractError, match="nothing held out"):
        compare(LOG, {"a": set()}, ["popularity"], k=5, seed=0)


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        ("Killed", "its process was killed, as it happens when memory runs out"),
        ("Crashed", "its process ended by SIGSEGV"),
        ("Exited", "its process ended with status 3"),
        ("OutOfMemory", "out of memory: Unable to allocate"),
        ("Refused", "it will not do"),
        ("Wrong", "AttributeError: 'Index' object has no attribute 'no_such_thing'"),
    ],
)
def test_a_model_that_fails_says_why(ending: str, reason: str, tmp_path: Path) -> None:
    LOG.save(tmp_path)
    shares: list[float] = []
    job = Job(Entry("support.failing_models", ending, effort=1), tmp_path, ["a"], 5, 0)
    outcome = run_isolated(job, shares.append)
    assert isinstance(outcome, Failure)
    assert outcome.reason.startswith(reason)
    assert shares == [0.5]


def test_after_a_model_that_fails_the_next_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        RANKING_MODELS, "failing", Entry("support.failing_models", "Killed", effort=1)
    )
    figures = compare(LOG, HELD_OUT, ["failing", "popularity"], k=2, seed=0)
    assert list(figures["failing"]) == ["error"]
    assert figures["popularity"]["hit_rate@10"] == 1


def test_memory_is_that_of_the_model_and_not_of_its_parent(tmp_path: Path) -> None:
    LOG.save(tmp_path)
    job = Job(RANKING_MODELS["popularity"], tmp_path, ["a"], 5, 0)
    burden = np.ones(100_000_000)
    outcome = run_isolated(job, lambda _: None)
    assert isinstance(outcome, Success)
    assert outcome.peak_rss_mb < burden.nbytes / 1e6
