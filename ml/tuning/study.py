"""The trials of a search, stored in a file, so that a search can be resumed."""

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

State = Literal["complete", "pruned", "failed"]
_STATES: dict[TrialState, State] = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
}


@dataclass(frozen=True, slots=True)
class Trial:
    """One configuration and its result."""

    number: int
    """From 1; the first trial has the defaults."""
    state: State
    values: dict[str, Any]
    """The hyper-parameters by their names in `SPACE`."""
    ndcg: float | None
    """NDCG@20 on the validation split; None unless complete."""
    recall: float | None
    """Recall@20 on the validation split; None unless complete."""
    seconds: float
    error: str | None
    """Why it failed."""

    @property
    def is_default(self) -> bool:
        """Whether the trial has the defaults."""
        return self.number == 1


class Study:
    """An Optuna study of the towers."""

    def __init__(self, file: Path | None, search: str) -> None:
        """Open a study or create it.

        Args:
            file: stores the study; None stores it in memory.
            search: identifies data and search space; a study is resumed only with the same ones.

        Raises:
            ConfigurationError: the file is not a study, or is one of another search.
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
            # Its process was killed; the trial does not count.
            self._study.tell(trial.number, state=TrialState.FAIL)

    def trials(self) -> list[Trial]:
        """The finished trials, in order."""
        trials = self._study.get_trials(deepcopy=False)
        finished = [trial for trial in trials if _is_finished(trial)]
        return [_trial(number, trial) for number, trial in enumerate(finished, 1)]

    def ask(
        self,
        space: dict[str, optuna.distributions.BaseDistribution],
        first: dict[str, Any],
        seed: int,
    ) -> optuna.Trial:
        """The next trial; the first one has the values of `first`."""
        done = len(self.trials())
        if not done:
            self._study.enqueue_trial(first)
        # A new sampler per trial, as a search that is resumed in another process has a new one.
        self._study.sampler = optuna.samplers.TPESampler(seed=seed + done, multivariate=True)
        return self._study.ask(space)

    def tell_complete(self, trial: optuna.Trial, scores: RankingMetrics, seconds: float) -> None:
        """The trial is complete."""
        trial.set_user_attr("recall", scores[RECALL])
        trial.set_user_attr("seconds", seconds)
        self._study.tell(trial, scores[NDCG])

    def tell_pruned(self, trial: optuna.Trial, seconds: float) -> None:
        """The trial was ended early."""
        trial.set_user_attr("seconds", seconds)
        self._study.tell(trial, state=TrialState.PRUNED)

    def tell_failed(self, trial: optuna.Trial, error: str, seconds: float) -> None:
        """The trial ended with an error."""
        trial.set_user_attr("seconds", seconds)
        trial.set_user_attr("error", " ".join(error.split()))
        self._study.tell(trial, state=TrialState.FAIL)


def _storage(file: Path | None) -> BaseStorage:
    if file is None:
        return InMemoryStorage()
    file.parent.mkdir(parents=True, exist_ok=True)
    return JournalStorage(JournalFileBackend(str(file)))


def _is_finished(trial: FrozenTrial) -> bool:
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
