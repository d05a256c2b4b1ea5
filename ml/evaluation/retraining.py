"""What a retraining after each period of a log is worth for the period that follows.

The log is parted at equally distant instants. At each of them a model is trained on everything
before, and its lists are scored against what users did in the period from then on. Beside it stand
the model of the first instant, never trained again, and popularity. All of them know the whole
history of a user up to the instant, as a shop does when it serves; only the weights differ.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

import pandas as pd
from pydantic import BaseModel, ConfigDict

from ml.dataset import Dataset
from ml.evaluation.differences import difference
from ml.evaluation.encoder_choice import choose_encoder
from ml.evaluation.estimates import Estimates, Interval, estimate_lists
from ml.evaluation.metrics import METRICS
from ml.evaluation.popularity import popularity_lists
from ml.evaluation.protocol import HeldOutItems, Lists
from ml.evaluation.temporal_split import MIN_CHOOSERS, TemporalSplit, split_at, timed, touched
from ml.serving.batch import lists_by_user
from ml.towers.bundle import Bundle
from ml.towers.config import TowersConfig
from ml.towers.training import train
from streams.errors import ContractError

PERIOD = timedelta(days=7)
RETRAININGS = 4

T = TypeVar("T")

RETRAINED = "retrained"
WARM_START = "warm_start"
NEVER_RETRAINED = "never_retrained"
POPULARITY = "popularity"
RECENT_POPULARITY = "recent_popularity"

Progress = Callable[[str, int, int, float], None]
"""Called after each epoch: the training in words, its number from 0, how many there are, and the
share of it that is done."""


class _Finding(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PeriodFigures(_Finding):
    """What the models reach in one period."""

    start: datetime
    """The instant up to which all of them know the log."""
    end: datetime
    training_interactions: int
    users: int
    """With something held out: known users, and items that are new to them but not to the log."""
    held_out_items: int
    items_since_first: int
    """Those of the held-out items that the model of the first instant has not met."""
    models: Estimates
    seconds: Mapping[str, float]
    """Of the trainings."""


class Retraining(_Finding):
    """The periods in their order, and the means over those after the first."""

    k: int
    seed: int
    period_seconds: float
    counts_views: bool
    """Whether what users only viewed is held out too, as few of them chose anything."""
    encoder_reason: str
    """Why the user encoder was chosen, on the data before the first instant."""
    periods: Sequence[PeriodFigures]
    overall: Estimates
    """Of the periods after a retraining; a user counts once in each of them."""
    of_older_items: Estimates
    """The same of the held-out items alone that the model of the first instant has met."""
    differences: Mapping[str, Mapping[str, Interval]]
    """Retrained minus each other model by metric, over the same, paired by user."""
    config: TowersConfig


@dataclass(frozen=True, slots=True)
class _Scored:
    """A period, what is held out in it, and the lists of each model."""

    held_out: dict[str, set[str]]
    lists: Mapping[str, Lists]
    known_to_first: frozenset[str]

    def older_items(self) -> dict[str, set[str]]:
        return {user: items & self.known_to_first for user, items in self.held_out.items()}


def periods_of(
    dataset: Dataset, *, period: timedelta = PERIOD, retrainings: int = RETRAININGS
) -> list[TemporalSplit]:
    """The last periods of a log, one before the first retraining and one after each.

    Each split holds what was known at its instant: interactions, and only the items of the
    catalogue that somebody had interacted with.

    Args:
        dataset: all there is.
        period: length of each.
        retrainings: how many; the splits are one more.

    Raises:
        ContractError: an interaction has no timestamp, the log is too short, or nobody can be
            evaluated in one of the periods.
    """
    instants = timed(dataset)
    end = instants.max() + pd.Timedelta(1, "ns")
    splits = []
    for number in range(retrainings + 1):
        start = end - (retrainings + 1 - number) * period
        within = dataset.interactions[instants < start + period].reset_index(drop=True)
        split = split_at(Dataset(within, dataset.users, dataset.items), start)
        if not touched(split):
            raise ContractError(f"in the period from {start} on no known user met a new item")
        splits.append(_with_known_items(split))
    return splits


def measure_retraining(
    dataset: Dataset,
    config: TowersConfig,
    *,
    period: timedelta = PERIOD,
    retrainings: int = RETRAININGS,
    warm_start: bool = False,
    k: int,
    seed: int,
    progress: Progress | None = None,
) -> Retraining:
    """Retrain after each of the last periods but one, and score the period that follows.

    Held out is what known users chose; if in any period fewer than MIN_CHOOSERS did, in all of them
    what they viewed counts too. Lists rank every item that somebody had interacted with before the
    instant, without those that the user had.

    Args:
        dataset: all there is.
        config: hyper-parameters; an open user encoder is chosen once, before the first training.
        period: length of the periods.
        retrainings: how many.
        warm_start: whether to train a further model, each time from its own weights of the period
            before.
        k: length of the lists.
        seed: of the trainings and of the intervals.
        progress: progress callback.

    Raises:
        ContractError: as `periods_of`, or nothing is left to learn from.
    """
    splits = periods_of(dataset, period=period, retrainings=retrainings)
    counts_views = min(len(split.held_out) for split in splits) < MIN_CHOOSERS
    trainings = 1 + retrainings * (2 if warm_start else 1)
    choice = choose_encoder(splits[0].training, config, seed=seed)
    runs = _Trainings(choice.config, seed, trainings, progress)
    scored: list[_Scored] = []
    figures: list[PeriodFigures] = []
    first = cold = warm = runs.train(splits[0], RETRAINED)
    for number, split in enumerate(splits):
        if number:
            cold = runs.train(split, RETRAINED)
            warm = runs.train(split, WARM_START, warm) if warm_start else warm
        held_out = touched(split) if counts_views else split.held_out
        bundles = {RETRAINED: cold, NEVER_RETRAINED: first}
        bundles |= {WARM_START: warm} if warm_start else {}
        lists = _lists(split, bundles, held_out, period, k)
        scored.append(_Scored(held_out, lists, frozenset(first.item_ids)))
        figures.append(
            PeriodFigures(
                start=split.instant,
                end=split.instant + period,
                training_interactions=len(split.training.interactions),
                users=len(held_out),
                held_out_items=sum(map(len, held_out.values())),
                items_since_first=sum(
                    len(first.user_encoder.unknown(each)) for each in held_out.values()
                ),
                models=_estimates(lists, held_out, k, seed),
                seconds=runs.seconds_of(split),
            )
        )
    after = scored[1:]
    held_out, lists = _pooled([each.held_out for each in after]), _pooled_lists(after)
    return Retraining(
        k=k,
        seed=seed,
        period_seconds=period.total_seconds(),
        counts_views=counts_views,
        encoder_reason=choice.reason,
        periods=figures,
        overall=_estimates(lists, held_out, k, seed),
        of_older_items=_estimates(lists, _pooled([each.older_items() for each in after]), k, seed),
        differences={
            name: {
                metric.name: difference(
                    lists[RETRAINED], of, held_out, metric, seed=seed, k=k
                ).interval
                for metric in METRICS.values()
            }
            for name, of in lists.items()
            if name != RETRAINED
        },
        config=choice.config,
    )


class _Trainings:
    """The trainings of one measurement, with their times."""

    def __init__(
        self, config: TowersConfig, seed: int, count: int, progress: Progress | None
    ) -> None:
        self._config = config
        self._seed = seed
        self._count = count
        self._progress = progress
        self._done = 0
        self._seconds: dict[pd.Timestamp, dict[str, float]] = {}

    def train(self, split: TemporalSplit, name: str, start: Bundle | None = None) -> Bundle:
        """Train on what was known at the instant of a split."""

        def show(epoch: int, epochs: int, _loss: float) -> None:
            if self._progress:
                what = f"{name.replace('_', ' ')}, {split.instant:%Y-%m-%d}"
                self._progress(what, self._done, self._count, epoch / epochs)

        began = time.monotonic()
        bundle = train(split.training, self._config, seed=self._seed, start=start, progress=show)
        times = self._seconds.setdefault(split.instant, {})
        times[name] = round(time.monotonic() - began, 3)
        self._done += 1
        return bundle

    def seconds_of(self, split: TemporalSplit) -> dict[str, float]:
        """The times of a split's trainings by the name of the model."""
        return dict(self._seconds[split.instant])


def _with_known_items(split: TemporalSplit) -> TemporalSplit:
    training = split.training
    known = training.items["item_id"].isin(training.interactions["item_id"].unique())
    items = training.items[known].reset_index(drop=True)
    return replace(split, training=Dataset(training.interactions, training.users, items))


def _lists(
    split: TemporalSplit,
    bundles: Mapping[str, Bundle],
    held_out: HeldOutItems,
    period: timedelta,
    k: int,
) -> dict[str, Lists]:
    known, users = split.training.interactions, list(held_out)
    recent = known[known["timestamp"] >= split.instant - period]
    return {
        **{name: lists_by_user(each, split.training, users, k) for name, each in bundles.items()},
        POPULARITY: popularity_lists(known, users, k),
        RECENT_POPULARITY: popularity_lists(known, users, k, counted=recent),
    }


def _estimates(lists: Mapping[str, Lists], held_out: HeldOutItems, k: int, seed: int) -> Estimates:
    return {name: estimate_lists(of, held_out, k, seed=seed) for name, of in lists.items()}


def _pooled(parts: Sequence[Mapping[str, T]]) -> dict[str, T]:
    """One mapping whose users are told apart by period."""
    return {
        f"{number}/{user}": of for number, part in enumerate(parts) for user, of in part.items()
    }


def _pooled_lists(scored: Sequence[_Scored]) -> dict[str, Lists]:
    names = scored[0].lists
    return {name: _pooled([each.lists[name] for each in scored]) for name in names}
