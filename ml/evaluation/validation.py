"""Validation: what a training run's configuration reaches on interactions held out of the data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
from ml.evaluation.splits import sample_users, split_by_time
from ml.serving.batch import lists_by_user
from ml.towers.bundle import Bundle
from ml.towers.config import TowersConfig
from ml.towers.training import Progress, train


@dataclass(frozen=True, slots=True)
class ValidationRun:
    """A model trained without the last item of each user, and these items."""

    bundle: Bundle
    earlier: Dataset
    held_out: dict[str, set[str]]
    losses: list[float]
    """Mean loss of each epoch."""
    curve: list[CurvePoint]
    """Of a few epochs."""


def train_for_validation(
    dataset: Dataset, config: TowersConfig, *, seed: int, progress: Progress | None = None
) -> ValidationRun | None:
    """Train what a configuration is measured by; None where nothing can be held out.

    The published model has seen all the data, so it cannot be evaluated itself: a second one is
    trained with the same configuration and seed on the earlier part of each user's history.

    Args:
        dataset: all there is.
        config: hyper-parameters.
        seed: of the split and the training.
        progress: progress callback of the training.

    Raises:
        ContractError: nothing is left to learn from.
    """
    earlier, held_out = split_by_time(dataset, seed=seed)
    if not held_out:
        return None
    losses: list[float] = []
    curve: list[CurvePoint] = []
    sample = sample_users(held_out, seed=seed)

    def follow(epoch: int, epochs: int, loss: float) -> None:
        losses.append(loss)
        if progress:
            progress(epoch, epochs, loss)

    def observe(epoch: int, bundle: Bundle) -> None:
        metrics = score_lists(lists_by_user(bundle, earlier, sample, K), sample, K)
        curve.append(CurvePoint.model_validate({"epoch": epoch, **metrics.means}))

    bundle = train(earlier, config, seed=seed, progress=follow, observe=observe)
    return ValidationRun(bundle, earlier, held_out, losses, curve)


def validate(run: ValidationRun, *, seed: int) -> Validation:
    """Measure what the model reaches, and baselines on the same; `seed` is of the intervals."""
    earlier, held_out = run.earlier, run.held_out
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
