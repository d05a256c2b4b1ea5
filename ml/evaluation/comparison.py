"""Models measured side by side: full ranking, items met in training left out."""

import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ml.dataset import Dataset
from ml.evaluation.beyond_accuracy import coverage, novelty
from ml.evaluation.contenders.registry import CONTENDERS
from ml.evaluation.contenders.training import Training
from ml.evaluation.held_out import HeldOut
from ml.evaluation.isolation import Failure, Job, Success, run_isolated
from ml.evaluation.metrics import hit_rate_at_k, ndcg_at_k, recall_at_k
from ml.evaluation.time_left import TimeLeft
from ml.towers.config import TowersConfig
from streams.errors import ContractError

_SHORT_LIST = 10


@dataclass(frozen=True, slots=True)
class Step:
    """How far a comparison is."""

    name: str
    """The model under way."""
    number: int
    """Of the model, from 1."""
    models: int
    share: float
    """Of the model's training that is done, 0 to 1."""
    seconds_left: float | None
    """Of the whole comparison, an estimate; None while there is none."""


Watch = Callable[[Step], None]


def check_models(names: Sequence[str]) -> None:
    """See that every name is a contender's, and none is there twice.

    Raises:
        ContractError: it is not so.
    """
    if not names:
        raise ContractError(f"no model is named; there are {', '.join(CONTENDERS)}")
    for name in names:
        if name not in CONTENDERS:
            raise ContractError(f"there is no model {name!r}; there are {', '.join(CONTENDERS)}")
        if names.count(name) > 1:
            raise ContractError(f"the model {name} is named twice")


def compare(
    dataset: Dataset,
    held_out: Mapping[str, Collection[str]],
    names: Sequence[str],
    *,
    k: int,
    seed: int,
    towers: TowersConfig | None = None,
    watch: Watch | None = None,
) -> dict[str, dict[str, Any]]:
    """Train each model on the dataset and judge its lists by what is held out.

    Ranked are all items of the training interactions but those that the user has met. Averages are
    over the users with something held out, those whom training does not know included; a held-out
    item that is not in training is a miss. A model that fails does not stop the others.

    Args:
        dataset: the training part.
        held_out: item ids by user id; no model sees them.
        names: of CONTENDERS, in the order in which they run.
        k: length of the lists that recall, NDCG, coverage and novelty judge.
        seed: of everything that is drawn.
        towers: hyper-parameters of the towers, or the defaults.
        watch: told how it goes.

    Returns:
        By model: `recall@K`, `ndcg@K`, `hit_rate@10`, `ndcg@10`, `coverage`, `novelty` (bits),
        `train_seconds`, `top_k_seconds`, `peak_rss_mb` and `parameters`; or `error` alone.

    Raises:
        ContractError: unknown models, `k` below 1, no interactions, or nobody to ask.
    """
    check_models(names)
    if k < 1:
        raise ContractError(f"k must be at least 1, not {k}")
    training = Training(dataset)
    test = HeldOut.of(held_out, training.items)
    if not len(training.items) or not test.user_ids:
        raise ContractError("there is nothing to train on, or nothing held out")
    clock = TimeLeft({name: CONTENDERS[name].effort for name in names})
    figures: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory(prefix="recsys-evaluate-") as folder:
        dataset.save(Path(folder))
        for number, name in enumerate(names, 1):
            clock.begin(name)

            def show(share: float, name: str = name, number: int = number) -> None:
                if watch:
                    watch(Step(name, number, len(names), share, clock.seconds(share)))

            show(0.0)
            job = Job(
                CONTENDERS[name], Path(folder), test.user_ids, max(k, _SHORT_LIST), seed, towers
            )
            outcome = run_isolated(job, show)
            figures[name] = (
                {"error": outcome.reason}
                if isinstance(outcome, Failure)
                else _figures(outcome, test, training, k)
            )
    return figures


def _figures(outcome: Success, test: HeldOut, training: Training, k: int) -> dict[str, Any]:
    ranked, matrix = outcome.ranked, test.matrix
    first: npt.NDArray[np.int64] = ranked[:, :k]
    users_by_item = np.bincount(training.met.indices, minlength=len(training.items))
    return {
        f"recall@{k}": recall_at_k(ranked, matrix, k),
        f"ndcg@{k}": ndcg_at_k(ranked, matrix, k),
        f"hit_rate@{_SHORT_LIST}": hit_rate_at_k(ranked, matrix, _SHORT_LIST),
        f"ndcg@{_SHORT_LIST}": ndcg_at_k(ranked, matrix, _SHORT_LIST),
        "coverage": coverage(first, len(training.items)),
        "novelty": novelty(first, users_by_item, len(training.users)),
        "train_seconds": round(outcome.train_seconds, 3),
        "top_k_seconds": round(outcome.top_k_seconds, 3),
        "peak_rss_mb": round(outcome.peak_rss_mb, 1),
        "parameters": outcome.parameters,
    }
