"""Validation: what a training run's configuration reaches on interactions held out of the data.

The published model has seen all the data, so it cannot be evaluated itself. Its twin, trained with
the same configuration and seed on what is older than an instant, is evaluated in its place: by the
figures of the card, the choice of the ranking and the gate, all on the same users.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from ml.dataset import Dataset
from ml.evaluation.estimates import estimate_lists
from ml.evaluation.findings import CurvePoint, SegmentEstimates, Validation
from ml.evaluation.popularity import popularity_lists
from ml.evaluation.protocol import K, Lists, score_lists
from ml.evaluation.ranking_models.baseline import Baseline
from ml.evaluation.ranking_models.ease import Ease
from ml.evaluation.ranking_models.item_knn import ItemKnn
from ml.evaluation.ranking_models.ranking_model import InteractionMatrix
from ml.evaluation.segments import Segment, item_segments, user_segments
from ml.evaluation.splits import sample_users, split_at_random
from ml.evaluation.temporal_split import MIN_CHOOSERS, temporal_split, touched
from ml.serving.batch import lists_by_user
from ml.towers.bundle import Bundle
from ml.towers.config import TowersConfig
from ml.towers.training import Progress, train
from streams.errors import ContractError


@dataclass(frozen=True, slots=True)
class HeldOutPart:
    """A dataset without what is held out, and this."""

    earlier: Dataset
    held_out: dict[str, set[str]]
    """Item ids by user id, both of which are in the earlier part, the pair is not."""
    instant: pd.Timestamp | None
    """From which on it is held out; None where the log has no times."""
    counts_views: bool = False
    """Whether what users only viewed is held out too."""


@dataclass(frozen=True, slots=True)
class EarlierTwin:
    """The twin of an earlier version, from whose weights another can start."""

    bundle: Bundle
    instant: datetime
    """From which on it has seen nothing, nor has any twin that it started from."""

    def may_start(self, part: HeldOutPart) -> bool:
        """Whether its weights know nothing of what is held out."""
        return part.instant is not None and self.instant <= part.instant


@dataclass(frozen=True, slots=True)
class ValidationRun:
    """The twin of a version, and what it is evaluated on."""

    bundle: Bundle
    part: HeldOutPart
    losses: list[float]
    """Mean loss of each epoch."""
    curve: list[CurvePoint]
    """Of a few epochs."""


def hold_out(dataset: Dataset) -> HeldOutPart | None:
    """What a twin learns from and is evaluated on; None where nothing can be held out.

    The newest tenth of the interactions is held out, from one instant on for all users
    (`ml.evaluation.temporal_split`): a shop knows no more when it decides whether to publish.
    Where fewer than MIN_CHOOSERS known users chose something then, what users viewed counts as
    well. A log in which an interaction has no time has no such instant; there a share of each
    user's items is held out, by the same draw in every run.
    """
    instants = dataset.interactions["timestamp"]
    if instants.isna().any():
        part = HeldOutPart(*split_at_random(dataset), None)
    else:
        try:
            split = temporal_split(dataset)
        except ContractError:  # nothing is older than the newest tenth
            return None
        part = HeldOutPart(split.training, split.held_out, split.instant)
        if len(part.held_out) < MIN_CHOOSERS:
            part = HeldOutPart(split.training, touched(split), split.instant, counts_views=True)
    return part if part.held_out else None


def train_for_validation(
    dataset: Dataset,
    config: TowersConfig,
    *,
    seed: int,
    start: EarlierTwin | None = None,
    progress: Progress | None = None,
) -> ValidationRun | None:
    """Train the twin of a version; None where nothing can be held out.

    Args:
        dataset: all there is.
        config: hyper-parameters.
        seed: of the training.
        start: whose weights the twin starts from; None starts anew.
        progress: progress callback of the training.

    Raises:
        ContractError: nothing is left to learn from, or the weights may know what is held out.
    """
    part = hold_out(dataset)
    if part is None:
        return None
    if start and not start.may_start(part):
        raise ContractError(
            f"a twin that has seen interactions until {start.instant} cannot start one that is"
            f" evaluated on those from {part.instant} on"
        )
    losses: list[float] = []
    curve: list[CurvePoint] = []
    sample = sample_users(part.held_out, seed=seed)

    def follow(epoch: int, epochs: int, loss: float) -> None:
        losses.append(loss)
        if progress:
            progress(epoch, epochs, loss)

    def observe(epoch: int, bundle: Bundle) -> None:
        metrics = score_lists(lists_by_user(bundle, part.earlier, sample, K), sample, K)
        curve.append(CurvePoint.model_validate({"epoch": epoch, **metrics.means}))

    bundle = train(
        part.earlier,
        config,
        seed=seed,
        start=start.bundle if start else None,
        progress=follow,
        observe=observe,
    )
    return ValidationRun(bundle, part, losses, curve)


def validate(run: ValidationRun, *, seed: int) -> Validation:
    """Measure what the model reaches, and baselines on the same; `seed` is of the intervals."""
    earlier, held_out = run.part.earlier, run.part.held_out
    lists: dict[str, Lists] = {
        "two_tower": lists_by_user(run.bundle, earlier, held_out, K),
        "popularity": popularity_lists(earlier.interactions, list(held_out), K),
        **_baselines(earlier, list(held_out), seed),
    }
    interactions = earlier.interactions
    parts = [("users", part) for part in user_segments(interactions, held_out)]
    parts += [("items", part) for part in item_segments(interactions, held_out)]
    return Validation(
        k=K,
        held_out_from=run.part.instant,
        counts_views=run.part.counts_views,
        held_out_users=len(held_out),
        training_interactions=len(interactions),
        models={
            name: estimate_lists(found, held_out, K, seed=seed) for name, found in lists.items()
        },
        segments=[_on_segment(of, part, lists, seed) for of, part in parts],
        losses=run.losses,
        curve=run.curve,
    )


def _baselines(earlier: Dataset, user_ids: Sequence[str], seed: int) -> dict[str, Lists]:
    """Lists of the baselines that take seconds on data of this size."""
    training = InteractionMatrix(earlier)
    baselines: dict[str, Baseline] = {"item_knn": ItemKnn(), "ease": Ease()}
    lists: dict[str, Lists] = {}
    for name, baseline in baselines.items():
        if baseline.is_cheap(training):
            baseline.fit(training, seed, lambda _share: None)
            ranked = baseline.rank(user_ids, K)
            lists[name] = {
                user: [training.items[place] for place in row if place >= 0]
                for user, row in zip(user_ids, ranked.tolist(), strict=True)
            }
    return lists


def _on_segment(of: str, part: Segment, lists: Mapping[str, Lists], seed: int) -> SegmentEstimates:
    models = {
        name: estimate_lists(found, part.held_out, K, seed=seed) for name, found in lists.items()
    }
    return SegmentEstimates(of=of, name=part.name, definition=part.definition, models=models)
