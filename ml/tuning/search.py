"""The search for hyper-parameters on a split of the training data.

Tree-structured Parzen estimators (Bergstra et al. 2011) by Optuna; a trial that on its way is
below the median of those before it is given up (Golovin et al. 2017).
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
from ml.evaluation.metrics import NDCG
from ml.evaluation.protocol import RankingMetrics, score_lists
from ml.evaluation.splits import sample_users, validation_split
from ml.evaluation.time_left import TimeLeft
from ml.serving.batch import lists_by_user
from ml.towers.bundle import Bundle
from ml.towers.config import TowersConfig
from ml.towers.training import train
from ml.tuning.space import search_space, values_of, with_values
from ml.tuning.study import Study, Trial
from streams.errors import ContractError, ModelError

K = 20
_WATCHED_USERS = 2000
"""Users on whom a trial is measured on its way, of all who have something held out."""


@dataclass(frozen=True, slots=True)
class Step:
    """How far the search is."""

    trial: int
    """From 1."""
    trials: int
    share: float
    """Of this trial's training that is done, 0 to 1."""
    seconds_left: float | None
    """Of all the trials, an estimate; None while there is none."""
    best: float | None
    """The best NDCG@20 so far."""


Watch = Callable[[Step], None]


@dataclass(frozen=True, slots=True)
class Tuning:
    """The outcome of a search."""

    config: TowersConfig
    """The best on the validation part; the defaults unless something beat them there."""
    best: Trial
    trials: list[Trial]
    """Of this run and those before it, in order."""


def tune(
    dataset: Dataset,
    *,
    trials: int,
    minutes: float | None = None,
    seed: int = 0,
    study_file: Path | None = None,
    defaults: TowersConfig | None = None,
    watch: Watch | None = None,
) -> Tuning:
    """Search for the configuration of the best NDCG@20 on a validation split.

    The same data, seed and defaults give the same trials, in one run or in several.

    Args:
        dataset: all there is to learn from; nothing of a test.
        trials: that there are to be in the end, those of earlier runs included.
        minutes: after which no other trial begins; one always does.
        seed: of the split, the trainings and the search.
        study_file: where the trials are kept; a search goes on where it has ended.
        defaults: tried first, and kept in whatever is not searched for.
        watch: told how it goes.

    Raises:
        ContractError: nothing can be held out of the data.
        ConfigurationError: the study file is no study, or one of other data or settings.
        ModelError: no trial came to its end.
    """
    start = time.monotonic()
    defaults = defaults or TowersConfig()
    space = search_space(dataset)
    training, held_out = validation_split(dataset, seed=seed)
    if not held_out:
        raise ContractError("nothing can be held out: no user has two items")
    study = Study(study_file, _fingerprint(dataset, space, defaults, seed))
    judge = _Judge(training, held_out, seed)
    initial = values_of(defaults, list(space))
    before = len(study.trials())
    clock = TimeLeft({str(number): 1 for number in range(before + 1, trials + 1)})
    while (done := len(study.trials())) < trials:
        if done > before and minutes is not None and time.monotonic() - start > minutes * 60:
            break
        clock.begin(str(done + 1))
        trial = study.ask(space, initial, seed)
        _attempt(study, trial, defaults, judge, _reporter(study.trials(), trials, clock, watch))
    return _outcome(study.trials(), defaults)


@dataclass(frozen=True, slots=True)
class _Judge:
    """What trials are trained on and measured by."""

    training: Dataset
    held_out: dict[str, set[str]]
    seed: int

    def score(self, bundle: Bundle) -> RankingMetrics:
        """On all users."""
        return score_lists(lists_by_user(bundle, self.training, self.held_out, K), self.held_out, K)

    def glance(self, bundle: Bundle) -> float:
        """NDCG on some of the users, the same each time."""
        some = sample_users(self.held_out, _WATCHED_USERS, seed=self.seed)
        return score_lists(lists_by_user(bundle, self.training, some, K), some, K)[NDCG]


def _attempt(
    study: Study,
    trial: optuna.Trial,
    defaults: TowersConfig,
    judge: _Judge,
    report: Callable[[float], None],
) -> None:
    """Train and measure one configuration; whatever ends it, the others go on."""
    start = time.monotonic()
    glances = 0

    def follow(epoch: int, epochs: int, _loss: float) -> None:
        report(epoch / epochs)

    def observe(epoch: int, bundle: Bundle) -> None:
        # By the number of the glance: these are evenly spaced, however many epochs there are.
        nonlocal glances
        glances += 1
        trial.report(judge.glance(bundle), glances)
        if trial.should_prune():
            raise optuna.TrialPruned(f"after epoch {epoch}")

    try:
        report(0.0)
        config = with_values(defaults, trial.params)
        bundle = train(judge.training, config, seed=judge.seed, progress=follow, observe=observe)
        scores = judge.score(bundle)
    except optuna.TrialPruned:
        study.tell_given_up(trial, time.monotonic() - start)
    except Exception as error:  # noqa: BLE001 - values may fail in ways that nobody foresaw
        study.tell_failed(trial, f"{type(error).__name__}: {error}", time.monotonic() - start)
    else:
        study.tell_scores(trial, scores, time.monotonic() - start)


def _reporter(
    over: list[Trial], trials: int, clock: TimeLeft, watch: Watch | None
) -> Callable[[float], None]:
    best = max((trial.ndcg for trial in over if trial.ndcg is not None), default=None)

    def report(share: float) -> None:
        if watch:
            watch(Step(len(over) + 1, trials, share, clock.seconds(share), best))

    return report


def _outcome(trials: list[Trial], defaults: TowersConfig) -> Tuning:
    complete = [trial for trial in trials if trial.ndcg is not None]
    if not complete:
        reasons = "; ".join(f"trial {trial.number}: {trial.error}" for trial in trials)
        raise ModelError(f"no trial came to its end: {reasons}")
    # Of equals the first: nothing takes the defaults' place that is not better.
    best = max(complete, key=lambda trial: (trial.ndcg, -trial.number))
    return Tuning(with_values(defaults, best.values), best, trials)


def _fingerprint(
    dataset: Dataset, space: dict[str, BaseDistribution], defaults: TowersConfig, seed: int
) -> str:
    """Says what is searched and on what."""
    digest = hashlib.sha256(f"{seed} {defaults.model_dump_json()}".encode())
    for name, values in space.items():
        digest.update(f"{name} {distribution_to_json(values)}".encode())
    for table in (dataset.interactions, dataset.users, dataset.items):
        digest.update(pd.util.hash_pandas_object(table, index=False).to_numpy().tobytes())
    return digest.hexdigest()
