"""The trials of a search, kept in a file, so that a search can go on where it has ended."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import optuna
from optuna.storages import BaseStorage, InMemoryStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState

from ml.evaluation.metrics import NDCG, RECALL
from ml.evaluation.protocol import RankingMetrics
from streams.errors import ConfigurationError

_NAME = "towers"
_SEARCH = "search"

State = Literal["complete", "given up", "failed"]
_STATES: dict[TrialState, State] = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "given up",
    TrialState.FAIL: "failed",
}


@dataclass(frozen=True, slots=True)
class Trial:
    """One configuration and what came of it."""

    number: int
    """From 1; the defaults are the first that is tried."""
    state: State
    values: dict[str, Any]
    """What was searched for, by its name in `SPACE`."""
    ndcg: float | None
    """On the validation part, as recall; None unless complete."""
    recall: float | None
    seconds: float
    error: str | None
    """Why it failed."""

    @property
    def is_default(self) -> bool:
        """Whether these are the defaults."""
        return self.number == 1


class Study:
    """Optuna's study with what a trial of the towers leaves behind."""

    def __init__(self, file: Path | None, search: str) -> None:
        """Open the study, or begin it.

        Args:
            file: where it is kept; None keeps it in memory.
            search: says what is searched and on what; a study goes on with the same alone.

        Raises:
            ConfigurationError: the file is no study, or one of another search.
        """
        optuna.logging.set_verbosity(logging.WARNING)
        try:
            self._study = optuna.create_study(
                storage=_storage(file),
                study_name=_NAME,
                direction="maximize",
                pruner=optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=1),
                load_if_exists=True,
            )
            known = self._study.user_attrs.get(_SEARCH)
            if known is None:
                self._study.set_user_attr(_SEARCH, search)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigurationError(f"the study {file} cannot be opened: {error!r}") from error
        if known not in (None, search):
            raise ConfigurationError(
                f"the study {file} is of other data, another seed or other defaults; name another"
            )
        for trial in self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            # The process was killed in the middle of it; it does not count.
            self._study.tell(trial.number, state=TrialState.FAIL)

    def trials(self) -> list[Trial]:
        """Those that are over, in order."""
        over = [trial for trial in self._study.get_trials(deepcopy=False) if _is_over(trial)]
        return [_trial(place, trial) for place, trial in enumerate(over, 1)]

    def ask(
        self,
        space: dict[str, optuna.distributions.BaseDistribution],
        first: dict[str, Any],
        seed: int,
    ) -> optuna.Trial:
        """The next trial; `first` are the values of the first."""
        done = len(self.trials())
        if not done:
            self._study.enqueue_trial(first)
        # A new sampler each time, as a search that goes on in another process has one too.
        self._study.sampler = optuna.samplers.TPESampler(seed=seed + done, multivariate=True)
        return self._study.ask(space)

    def tell_scores(self, trial: optuna.Trial, scores: RankingMetrics, seconds: float) -> None:
        """It came to its end."""
        trial.set_user_attr("recall", scores[RECALL])
        trial.set_user_attr("seconds", seconds)
        self._study.tell(trial, scores[NDCG])

    def tell_given_up(self, trial: optuna.Trial, seconds: float) -> None:
        """It was not worth its time."""
        trial.set_user_attr("seconds", seconds)
        self._study.tell(trial, state=TrialState.PRUNED)

    def tell_failed(self, trial: optuna.Trial, error: str, seconds: float) -> None:
        """It ended before it was done."""
        trial.set_user_attr("seconds", seconds)
        trial.set_user_attr("error", " ".join(error.split()))
        self._study.tell(trial, state=TrialState.FAIL)


def _storage(file: Path | None) -> BaseStorage:
    if file is None:
        return InMemoryStorage()
    file.parent.mkdir(parents=True, exist_ok=True)
    return JournalStorage(JournalFileBackend(str(file)))


def _is_over(trial: FrozenTrial) -> bool:
    return trial.state in (TrialState.COMPLETE, TrialState.PRUNED) or "error" in trial.user_attrs


def _trial(number: int, trial: FrozenTrial) -> Trial:
    complete = trial.state is TrialState.COMPLETE
    return Trial(
        number=number,
        state=_STATES[trial.state],
        values=trial.params,
        ndcg=trial.value if complete else None,
        recall=trial.user_attrs["recall"] if complete else None,
        seconds=trial.user_attrs["seconds"],
        error=trial.user_attrs.get("error"),
    )
