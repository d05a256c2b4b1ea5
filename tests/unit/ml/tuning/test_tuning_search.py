from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution

import ml.tuning.search
from ml.dataset import Dataset
from ml.towers.config import TowersConfig
from ml.tuning.search import Tuning, TuningProgress, tune
from streams.errors import ConfigurationError, ContractError, ModelError
from support.training_log import dataset_of

SMALL = TowersConfig(user_encoder="pooling", dim=8, epochs=2, text_encoder=None)


def shop(seed: int = 0, *, timed: bool = False) -> Dataset:
    """Forty users of two tastes."""
    rng = np.random.default_rng(seed)
    rows = [
        (f"u{user:02}", f"i{user % 2}{item:02}")
        for user in range(40)
        for item in rng.choice(20, 6, replace=False)
    ]
    return dataset_of(rows, timed=timed)


@pytest.fixture(autouse=True)
def space(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A space in which trials are quick; a test may set another."""

    def search(**dimensions: object) -> None:
        monkeypatch.setattr(ml.tuning.search, "search_space", lambda *_: dimensions)

    search(
        learning_rate=FloatDistribution(1e-4, 0.1, log=True),
        history_dropout=FloatDistribution(0.1, 0.9),
    )
    return search


def what_was_tried(tuning: Tuning) -> list[tuple[object, ...]]:
    return [(trial.state, trial.values, trial.ndcg, trial.recall) for trial in tuning.trials]


def test_the_defaults_are_the_first_trial_and_the_best_is_never_worse() -> None:
    tuning = tune(shop(), trials=4, defaults=SMALL)
    first = tuning.trials[0]
    assert first.is_default
    assert first.values == {"learning_rate": SMALL.learning_rate, "history_dropout": 0.5}
    assert [trial.number for trial in tuning.trials] == [1, 2, 3, 4]
    assert tuning.best.ndcg == max(trial.ndcg for trial in tuning.trials if trial.ndcg is not None)
    assert tuning.config.learning_rate == tuning.best.values["learning_rate"]
    assert tuning.config.dim == SMALL.dim


def test_the_defaults_stay_where_nothing_is_better(space: Callable[..., None]) -> None:
    space(learning_rate=CategoricalDistribution([SMALL.learning_rate]))
    tuning = tune(shop(), trials=3, defaults=SMALL)
    assert len({trial.ndcg for trial in tuning.trials}) == 1
    assert tuning.best.is_default
    assert tuning.config == SMALL


@pytest.mark.parametrize("timed", [False, True])
def test_a_search_in_two_runs_tries_what_one_run_tries(tmp_path: Path, *, timed: bool) -> None:
    whole = tune(shop(timed=timed), trials=4, seed=5, defaults=SMALL)
    file = tmp_path / "deep" / "study.log"
    tune(shop(timed=timed), trials=2, seed=5, defaults=SMALL, study_file=file)
    rest = tune(shop(timed=timed), trials=4, seed=5, defaults=SMALL, study_file=file)
    assert what_was_tried(rest) == what_was_tried(whole)
    assert rest.config == whole.config
    other = tune(shop(timed=timed), trials=4, seed=6, defaults=SMALL)
    assert what_was_tried(other) != what_was_tried(whole)


def test_a_search_that_has_its_trials_trains_no_more(tmp_path: Path) -> None:
    file = tmp_path / "study.log"
    once = tune(shop(), trials=2, defaults=SMALL, study_file=file)
    steps: list[TuningProgress] = []
    again = tune(shop(), trials=2, defaults=SMALL, study_file=file, progress=steps.append)
    assert again == once
    assert steps == []


def test_a_trial_that_was_cut_off_is_tried_again(tmp_path: Path) -> None:
    file = tmp_path / "study.log"

    def stop(step: TuningProgress) -> None:
        if step.trial == 2 and step.share > 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tune(shop(), trials=3, defaults=SMALL, study_file=file, progress=stop)
    tuning = tune(shop(), trials=3, defaults=SMALL, study_file=file)
    assert what_was_tried(tuning) == what_was_tried(tune(shop(), trials=3, defaults=SMALL))


@pytest.mark.parametrize("what", ["data", "seed", "defaults"])
def test_a_study_of_another_search_is_refused(tmp_path: Path, what: str) -> None:
    file = tmp_path / "study.log"
    tune(shop(), trials=1, defaults=SMALL, study_file=file)
    with pytest.raises(ConfigurationError, match="is of other data"):
        tune(
            shop(1 if what == "data" else 0),
            trials=2,
            seed=1 if what == "seed" else 0,
            defaults=SMALL.model_copy(update={"dim": 9}) if what == "defaults" else SMALL,
            study_file=file,
        )


def test_a_file_that_is_no_study_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "study.log"
    file.write_text("user_id,item_id\na,b\n")
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        tune(shop(), trials=1, defaults=SMALL, study_file=file)
    assert file.read_text() == "user_id,item_id\na,b\n"


def test_a_trial_that_fails_is_reported_and_the_others_go_on(space: Callable[..., None]) -> None:
    space(learning_rate=CategoricalDistribution([SMALL.learning_rate, -1.0]))
    tuning = tune(shop(), trials=6, defaults=SMALL)
    failed = [trial for trial in tuning.trials if trial.state == "failed"]
    assert failed
    assert all("learning_rate" in str(trial.error) for trial in failed)
    assert {trial.values["learning_rate"] for trial in failed} == {-1.0}
    assert tuning.config == SMALL


def test_if_every_trial_fails_the_reasons_are_reported() -> None:
    broken = SMALL.model_copy(update={"batch_size": 0})  # unchecked: the training stumbles on it
    with pytest.raises(ModelError, match=r"trial 1: ValidationError.*batch_size.*trial 2"):
        tune(shop(), trials=2, defaults=broken)


def test_trials_far_below_the_others_are_pruned(space: Callable[..., None]) -> None:
    space(learning_rate=CategoricalDistribution([3e-2, 1e-6]))
    defaults = SMALL.model_copy(update={"learning_rate": 3e-2, "epochs": 6})
    tuning = tune(shop(), trials=14, defaults=defaults)
    pruned = [trial for trial in tuning.trials if trial.state == "pruned"]
    assert pruned
    assert all(trial.ndcg is None for trial in pruned)
    assert 3e-2 in {trial.values["learning_rate"] for trial in tuning.trials if trial.ndcg}


def test_no_trial_begins_after_its_time_but_the_first() -> None:
    tuning = tune(shop(), trials=50, minutes=0, defaults=SMALL)
    assert len(tuning.trials) == 1


def test_progress_rises_and_estimates_the_time_left() -> None:
    steps: list[TuningProgress] = []
    tune(shop(), trials=2, defaults=SMALL, progress=steps.append)
    assert [(step.trial, step.share) for step in steps] == [
        (1, 0.0), (1, 0.5), (1, 1.0), (2, 0.0), (2, 0.5), (2, 1.0)
    ]  # fmt: skip
    assert steps[0].seconds_left is None
    assert all(step.seconds_left is not None for step in steps[1:])
    assert steps[-1].seconds_left == 0
    assert steps[0].best is None
    assert steps[-1].best is not None


def test_data_that_nothing_can_be_held_out_of_is_refused() -> None:
    with pytest.raises(ContractError, match="nothing can be held out"):
        tune(dataset_of([("a", "x"), ("b", "y")]), trials=1)
