"""Models compared on one log: full ranking, items seen in training left out."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ml.dataset import Dataset
from ml.evaluation.isolation import Failure, Job, Success, run_isolated
from ml.evaluation.metrics import (
    METRICS,
    SHORT_LIST,
    SHORT_LIST_METRICS,
    Metric,
    coverage,
    hits_at_k,
    novelty,
)
from ml.evaluation.protocol import HeldOut, HeldOutItems
from ml.evaluation.ranking_models.ranking_model import RANKING_MODELS, InteractionMatrix
from ml.evaluation.time_left import TimeLeft
from ml.towers.config import TowersConfig
from streams.errors import ContractError


@dataclass(frozen=True, slots=True)
class Step:
    """How far a comparison is."""

    name: str
    """The current model."""
    number: int
    """Its number, from 1."""
    models: int
    share: float
    """The share of the model's training that is done, 0 to 1."""
    seconds_left: float | None
    """An estimate for the whole comparison; None while it is unknown."""


Progress = Callable[[Step], None]


class Column(NamedTuple):
    """A figure of the comparison, as a table shows it."""

    key: str
    """In the figures of a model."""
    decimals: int
    higher_is_better: bool


_LIST_COLUMNS = (
    Column("coverage", 4, higher_is_better=True),
    Column("novelty", 2, higher_is_better=True),
    Column("train_seconds", 1, higher_is_better=False),
    Column("top_k_seconds", 1, higher_is_better=False),
    Column("peak_rss_mb", 0, higher_is_better=False),
)


def columns(k: int) -> list[Column]:
    """The figures of a model in their order, for lists of length `k`."""
    metrics = [*_at(k, METRICS.values()), *_at(SHORT_LIST, SHORT_LIST_METRICS)]
    ranking = [Column(key, each.decimals, each.higher_is_better) for key, each in metrics]
    # Lists of the short length have a metric of both kinds once.
    return [*dict.fromkeys(ranking), *_LIST_COLUMNS]


def check_models(names: Sequence[str]) -> None:
    """Check that every name is a model's, and that none is there twice.

    Raises:
        ContractError: it is not so.
    """
    if not names:
        raise ContractError(f"no model is named; there are {', '.join(RANKING_MODELS)}")
    for name in names:
        if name not in RANKING_MODELS:
            raise ContractError(
                f"there is no model {name!r}; there are {', '.join(RANKING_MODELS)}"
            )
        if names.count(name) > 1:
            raise ContractError(f"the model {name} is named twice")


def compare(
    dataset: Dataset,
    held_out: HeldOutItems,
    names: Sequence[str],
    *,
    k: int,
    seed: int,
    towers: TowersConfig | None = None,
    progress: Progress | None = None,
) -> dict[str, dict[str, Any]]:
    """Train each model on the dataset and score its lists against what is held out.

    Each model ranks all items of the training interactions that the user has not seen. Means are
    over the users with something held out, including those who are not in training; a held-out
    item that is not in training is a miss. A model that fails does not stop the others.

    Args:
        dataset: the training part.
        held_out: item ids by user id; no model sees them.
        names: of RANKING_MODELS, in the order in which they run.
        k: length of the lists for METRICS, coverage and novelty.
        seed: of everything that is drawn.
        towers: hyper-parameters of the towers, or the defaults.
        progress: progress callback.

    Returns:
        By model: the figures of `columns` (`recall@K`, `ndcg@K`, `hit_rate@10`, `ndcg@10`,
        `coverage`, `novelty` in bits, `train_seconds`, `top_k_seconds`, `peak_rss_mb`) and
        `parameters`, and `note` where there is one; or `error` alone.

    Raises:
        ContractError: unknown models, `k` below 1, no interactions, or nobody to evaluate.
    """
    check_models(names)
    if k < 1:
        raise ContractError(f"k must be at least 1, not {k}")
    training = InteractionMatrix(dataset)
    test = HeldOut.of(held_out, training.items)
    if not len(training.items) or not test.user_ids:
        raise ContractError("there is nothing to train on, or nothing held out")
    clock = TimeLeft({name: RANKING_MODELS[name].effort for name in names})
    figures: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory(prefix="recsys-evaluate-") as folder:
        dataset.save(Path(folder))
        for number, name in enumerate(names, 1):
            clock.begin(name)

            def show(share: float, name: str = name, number: int = number) -> None:
                if progress:
                    progress(Step(name, number, len(names), share, clock.seconds(share)))

            show(0.0)
            job = Job(
                RANKING_MODELS[name], Path(folder), test.user_ids, max(k, SHORT_LIST), seed, towers
            )
            outcome = run_isolated(job, show)
            figures[name] = (
                {"error": outcome.reason}
                if isinstance(outcome, Failure)
                else _figures(outcome, test, training, k)
            )
    return figures


def _figures(
    outcome: Success, test: HeldOut, training: InteractionMatrix, k: int
) -> dict[str, Any]:
    lists: npt.NDArray[np.int64] = outcome.ranked[:, :k]
    users_by_item = np.bincount(training.seen.indices, minlength=len(training.items))
    found = {
        key: metric.mean(hits_at_k(outcome.ranked, test.matrix, length))
        for length, metrics in ((k, METRICS.values()), (SHORT_LIST, SHORT_LIST_METRICS))
        for key, metric in _at(length, metrics)
    }
    return {
        **found,
        "coverage": coverage(lists, len(training.items)),
        "novelty": novelty(lists, users_by_item, len(training.users)),
        "train_seconds": round(outcome.train_seconds, 3),
        "top_k_seconds": round(outcome.top_k_seconds, 3),
        "peak_rss_mb": round(outcome.peak_rss_mb, 1),
        "parameters": outcome.parameters,
        **({"note": outcome.note} if outcome.note else {}),
    }


def _at(length: int, metrics: Iterable[Metric]) -> Iterator[tuple[str, Metric]]:
    return ((f"{metric.name}@{length}", metric) for metric in metrics)
