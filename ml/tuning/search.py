"""Search for hyper-parameters on a validation split of the training data.

Optuna samples them by tree-structured Parzen estimators (Bergstra et al. 2011), and prunes a trial
whose intermediate value is below the median of earlier trials (Golovin et al. 2017).
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import optuna
import pandas as pd
from optuna.distributions import BaseDistribution, distribution_to_json

from ml.dataset import Dataset
from ml.evaluation.encoder_choice import choose_encoder
from ml.evaluation.metrics import NDCG
from ml.evaluation.protocol import K, RankingMetrics, score_lists
from ml.evaluation.splits import sample_users, validation_split
from ml.evaluation.time_left import TimeLeft
from ml.serving.batch import lists_by_user
from ml.towers.bundle import Bundle
from ml.towers.config import TowersConfig
from ml.towers.training import train
from ml.tuning.space import search_space, values_of, with_values
from ml.tuning.study import Study, Trial
from streams.errors import ContractError, ModelError


@dataclass(frozen=True, slots=True)
class TuningProgress:
    """The state of a search."""

    trial: int
    """The current trial, from 1."""
    trials: int
    share: float
    """The share of the current trial's training that is done, 0 to 1."""
    seconds_left: float | None
    """Estimate for all remaining trials; None while it is unknown."""
    best: float | None
    """The best NDCG@20 so far."""


ProgressCallback = Callable[[TuningProgress], None]


@dataclass(frozen=True, slots=True)
class Tuning:
    """The result of a search."""

    config: TowersConfig
    """The best configuration on the validation split; the defaults if nothing is better."""
    best: Trial
    trials: list[Trial]
    """All trials of this run and of earlier ones, in order."""


def tune(
    dataset: Dataset,
    *,
    trials: int,
    minutes: float | None = None,
    seed: int = 0,
    study_file: Path | None = None,
    defaults: TowersConfig | None = None,
    progress: ProgressCallback | None = None,
) -> Tuning:
    """Search for the configuration of the best NDCG@20 on a validation split.

    The same data, seed and defaults give the same trials, in one run or in several.

    Args:
        dataset: the training data, without the test data.
        trials: number of trials in total, including those of earlier runs.
        minutes: after this time no further trial begins; at least one trial runs.
        seed: of the split, the trainings and the search.
        study_file: stores the trials; a search with the same file is resumed.
        defaults: the first trial, and the values of all hyper-parameters outside of the search
            space. If they leave the user encoder open, it is chosen before the search.
        progress: progress callback.

    Raises:
        ContractError: nothing can be held out of the data.
        ConfigurationError: the study file is not a study, or is one of other data or settings.
        ModelError: no trial is complete.
    """
    start = time.monotonic()
    defaults = choose_encoder(dataset, defaults or TowersConfig(), seed=seed).config
    space = search_space(dataset, defaults)
    training, held_out = validation_split(dataset, seed=seed)
    if not held_out:
        raise ContractError("nothing can be held out: no user has two items")
    study = Study(study_file, _fingerprint(dataset, space, defaults, seed))
    objective = _Objective(training, held_out, seed)
    initial = values_of(defaults, list(space))
    before = len(study.trials())
    clock = TimeLeft({str(number): 1 for number in range(before + 1, trials + 1)})
    while (done := len(study.trials())) < trials:
        if done > before and minutes is not None and time.monotonic() - start > minutes * 60:
            break
        clock.begin(str(done + 1))
        trial = study.ask(space, initial, seed)
        report = _reporter(study.trials(), trials, clock, progress)
        _run_trial(study, trial, defaults, objective, report)
    return _outcome(study.trials(), defaults)


@dataclass(frozen=True, slots=True)
class _Objective:
    """The validation split, and the scores of models on it."""

    training: Dataset
    held_out: dict[str, set[str]]
    seed: int

    def score(self, bundle: Bundle) -> RankingMetrics:
        """The means over all users."""
        return score_lists(lists_by_user(bundle, self.training, self.held_out, K), self.held_out, K)

    def intermediate_value(self, bundle: Bundle) -> float:
        """NDCG@20 of a sample of the users, the same one each time."""
        sample = sample_users(self.held_out, seed=self.seed)
        return score_lists(lists_by_user(bundle, self.training, sample, K), sample, K)[NDCG]


def _run_trial(
    study: Study,
    trial: optuna.Trial,
    defaults: TowersConfig,
    objective: _Objective,
    report: Callable[[float], None],
) -> None:
    """Train and score one configuration; an error fails this trial alone.

    `report` is called with the share of the training that is done.
    """
    start = time.monotonic()
    reports = 0

    def on_epoch(epoch: int, epochs: int, _loss: float) -> None:
        report(epoch / epochs)

    def observe(epoch: int, bundle: Bundle) -> None:
        # The step is the number of the report: reports are evenly spaced for any number of epochs.
        nonlocal reports
        reports += 1
        trial.report(objective.intermediate_value(bundle), reports)
        if trial.should_prune():
            raise optuna.TrialPruned(f"after epoch {epoch}")

    try:
        report(0.0)
        config = with_values(defaults, trial.params)
        bundle = train(
            objective.training, config, seed=objective.seed, progress=on_epoch, observe=observe
        )
        scores = objective.score(bundle)
    except optuna.TrialPruned:
        study.tell_pruned(trial, time.monotonic() - start)
    except Exception as error:  # noqa: BLE001 - any configuration may fail, in unforeseen ways
        study.tell_failed(trial, f"{type(error).__name__}: {error}", time.monotonic() - start)
    else:
        study.tell_complete(trial, scores, time.monotonic() - start)


def _reporter(
    finished: list[Trial], trials: int, clock: TimeLeft, progress: ProgressCallback | None
) -> Callable[[float], None]:
    best = max((trial.ndcg for trial in finished if trial.ndcg is not None), default=None)

    def report(share: float) -> None:
        if progress:
            left = clock.seconds(share)
            progress(TuningProgress(len(finished) + 1, trials, share, left, best))

    return report


def _outcome(trials: list[Trial], defaults: TowersConfig) -> Tuning:
    complete = [trial for trial in trials if trial.ndcg is not None]
    if not complete:
        reasons = "; ".join(f"trial {trial.number}: {trial.error}" for trial in trials)
        raise ModelError(f"no trial is complete: {reasons}")
    # The first of equally good trials, so that only a better one replaces the defaults.
    best = max(complete, key=lambda trial: (trial.ndcg, -trial.number))
    return Tuning(with_values(defaults, best.values), best, trials)


def _fingerprint(
    dataset: Dataset, space: dict[str, BaseDistribution], defaults: TowersConfig, seed: int
) -> str:
    """Identifies the data and the search space."""
    digest = hashlib.sha256(f"{seed} {defaults.model_dump_json()}".encode())
    for name, values in space.items():
        digest.update(f"{name} {distribution_to_json(values)}".encode())
    for table in (dataset.interactions, dataset.users, dataset.items):
        digest.update(pd.util.hash_pandas_object(table, index=False).to_numpy().tobytes())
    return digest.hexdigest()
