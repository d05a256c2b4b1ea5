"""Which encoder of users suits a log: `pooling` and `causal`, compared on a validation split."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ml.dataset import Dataset
from ml.evaluation.metrics import NDCG, hits_at_k
from ml.evaluation.protocol import HeldOutItems, K, rank_lists
from ml.evaluation.splits import split_by_time
from ml.serving.batch import lists_by_user
from ml.towers.config import TowersConfig, UserEncoder
from ml.towers.training import train

Progress = Callable[[str, int, int, float], None]
"""Called after each epoch with the encoder's name, the epoch, their number and the loss."""

_SHARE = 0.25
"""Of the epochs of a full training; differences between the two show that early."""
_USERS = 5_000
_MIN_USERS = 500
_STANDARD_ERRORS = 2.0


@dataclass(frozen=True, slots=True)
class EncoderChoice:
    """The configuration of a run, with its encoder chosen."""

    config: TowersConfig
    reason: str
    """A sentence for the model card."""


def choose_encoder(
    dataset: Dataset, config: TowersConfig, *, seed: int, progress: Progress | None = None
) -> EncoderChoice:
    """Choose the user encoder where the configuration leaves it open.

    Both are trained for a quarter of their epochs without the last items of up to 5,000 users. The
    causal one is chosen if its NDCG@20 on these items is higher by two standard errors of the
    users' differences; pooling trains on less data and is cheaper to serve.

    Args:
        dataset: the training data.
        config: hyper-parameters.
        seed: of the split and of both trainings.
        progress: progress callback.

    Raises:
        ContractError: nothing is left to learn from.
    """
    if config.user_encoder is not None:
        return EncoderChoice(config, f"The configuration says {config.user_encoder}.")
    pooling = config.model_copy(update={"user_encoder": "pooling"})
    if not dataset.interactions["timestamp"].notna().all():
        return EncoderChoice(pooling, "Pooling, as the log has no times and so no order.")
    users = max(dataset.interactions["user_id"].nunique(), 1)
    earlier, held_out = split_by_time(dataset, share=min(1.0, _USERS / users), seed=seed)
    if len(held_out) < _MIN_USERS:
        return EncoderChoice(
            pooling, f"Pooling, as {len(held_out)} users are too few for a comparison."
        )

    def score(encoder: UserEncoder) -> npt.NDArray[np.float64]:
        tried = config.model_copy(update={"user_encoder": encoder})
        bundle = train(
            earlier,
            tried,
            seed=seed,
            share=_SHARE,
            progress=progress and (lambda *state: progress(encoder, *state)),
        )
        return _ndcg(lists_by_user(bundle, earlier, list(held_out), K), held_out)

    of_pooling, of_causal = score("pooling"), score("causal")
    differences = of_causal - of_pooling
    error = float(differences.std(ddof=1)) / len(differences) ** 0.5
    is_better = float(differences.mean()) > _STANDARD_ERRORS * error
    chosen: UserEncoder = "causal" if is_better else "pooling"
    return EncoderChoice(
        config.model_copy(update={"user_encoder": chosen}),
        f"{chosen.capitalize()}: after a quarter of the training, NDCG@{K} on the last items of"
        f" {len(held_out):,} users was {of_causal.mean():.4f} with the causal encoder and"
        f" {of_pooling.mean():.4f} with pooling; the standard error of the difference is"
        f" {error:.4f}.",
    )


def _ndcg(lists: dict[str, list[str]], held_out: HeldOutItems) -> npt.NDArray[np.float64]:
    """NDCG of each user, in the order of their ids."""
    ranked, test = rank_lists(lists, held_out, K)
    return NDCG.per_user(hits_at_k(ranked, test.matrix, K))
