"""How good a training run is: what its settings reach on interactions held out of the data."""

from collections.abc import Callable

from ml.dataset import Dataset
from ml.towers.config import TowersConfig

_K = 20


def measure(
    dataset: Dataset,
    config: TowersConfig,
    *,
    seed: int,
    validate: bool,
    progress: Callable[[int, int, float], None] | None = None,
) -> dict[str, float]:
    """Figures of the data and, if `validate`, of a model trained without what is held out.

    The published model has seen all the data, so it cannot be asked itself: a second one is
    trained with the same configuration and seed on the earlier part of each user's history.

    Returns:
        interactions, users and items; and where there was something to hold out: held_out_users,
        recall_at_20, ndcg_at_20, and popularity's recall and NDCG under `popularity_...`.
    """
    users = dataset.known_users()
    figures: dict[str, float] = {
        "interactions": len(dataset.interactions),
        "users": len(users),
        "items": len(dataset.items),
    }
    if not validate:
        return figures
    # Only now torch is needed, which takes seconds to import.
    from ml.evaluation.popularity import popularity_lists
    from ml.evaluation.protocol import score_lists
    from ml.evaluation.validation import split_by_time
    from ml.serving.batch import lists_by_user
    from ml.towers.training import train

    earlier, held_out = split_by_time(dataset, seed=seed)
    if not held_out:
        return figures
    bundle = train(earlier, config, seed=seed, progress=progress)
    lists = lists_by_user(bundle, earlier, held_out, _K)
    popular = popularity_lists(earlier.interactions, list(held_out), _K)
    for prefix, scores in (
        ("", score_lists(lists, held_out, _K)),
        ("popularity_", score_lists(popular, held_out, _K)),
    ):
        figures[f"{prefix}recall_at_20"] = scores.recall
        figures[f"{prefix}ndcg_at_20"] = scores.ndcg
    return figures | {"held_out_users": len(held_out)}
