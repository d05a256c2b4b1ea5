"""How much each model counts in the ranker `full`: chosen on a validation split.

Forward selection (Caruana et al. 2004, "Ensemble Selection from Libraries of Models"): at first the
towers rank alone; the model that raises NDCG@20 most joins with the share that does so, as long as
the gain is larger than the noise. The towers keep a share, since they alone rank what is new.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse

from ml.dataset import Dataset
from ml.evaluation.findings import BlendChoice
from ml.evaluation.metrics import NDCG, hits_at_k
from ml.evaluation.protocol import HeldOut, HeldOutItems, K
from ml.evaluation.ranking_models.baseline import Parameters
from ml.evaluation.ranking_models.item_knn import ItemKnn
from ml.evaluation.ranking_models.ranking_model import InteractionMatrix
from ml.evaluation.ranking_models.weighted_ease import WeightedEase
from ml.evaluation.splits import sample_users, validation_split
from ml.ranking.item_weights import ItemWeights
from ml.ranking.ranker import TOWERS, Ranker
from ml.retrieval.dense import rank
from ml.serving.batch import ItemIndex
from ml.towers.bundle import Bundle
from ml.towers.config import TowersConfig
from ml.towers.training import Progress, train
from streams.errors import ModelError

_MAX_USERS = 5_000
_USERS_OF_PARAMETERS = 2_000
_MIN_USERS = 50
_STANDARD_ERRORS = 2.0
_SHARES = tuple(twentieths / 20 for twentieths in range(1, 20))

Floats = npt.NDArray[np.float64]


class _ItemToItem(Protocol):
    def variants(self, training: InteractionMatrix) -> Iterator[tuple[Parameters, ItemWeights]]: ...

    def item_weights(self, training: InteractionMatrix, parameters: Parameters) -> ItemWeights: ...


ITEM_TO_ITEM: Mapping[str, Callable[[], _ItemToItem]] = {"ease": WeightedEase, "item_knn": ItemKnn}


def choose_blend_on_split(
    dataset: Dataset, config: TowersConfig, *, seed: int, progress: Progress | None = None
) -> BlendChoice:
    """Train the towers on a part of a dataset, and choose by the rest of it.

    Args:
        dataset: the training data.
        config: hyper-parameters of the towers.
        seed: of the split, the training and the draw of users.
        progress: progress callback of the training.

    Raises:
        ContractError: nothing is left to learn from.
    """
    earlier, held_out = validation_split(dataset, seed=seed)
    if len(held_out) < _MIN_USERS:
        return too_few(len(held_out))
    bundle = train(earlier, config, seed=seed, progress=progress)
    return choose_blend(bundle, earlier, held_out, seed=seed)


def choose_blend(
    bundle: Bundle, earlier: Dataset, held_out: Mapping[str, set[str]], *, seed: int
) -> BlendChoice:
    """Choose on up to 5,000 users.

    Args:
        bundle: trained on `earlier`.
        earlier: the training part of a validation split.
        held_out: its other part, item ids by user id.
        seed: of the draw of users.
    """
    users = sample_users(held_out, seed=seed, max_users=_MAX_USERS)
    if len(users) < _MIN_USERS:
        return too_few(len(users))
    training = InteractionMatrix(earlier)
    found: dict[str, _Tuned] = {}
    left_out: dict[str, str] = {}
    for name, model in ITEM_TO_ITEM.items():
        try:
            found[name] = _tuned(model(), training, users)
        except (MemoryError, ModelError) as error:
            left_out[name] = str(error)
    item_weights = {
        name: _in_order(tuned.weights, training, bundle) for name, tuned in found.items()
    }
    everything = Ranker(bundle, item_weights, dict.fromkeys([TOWERS, *found], 1.0))
    selected = select(_Comparison(everything, earlier, users).ndcg, list(found))
    return BlendChoice(
        weights=selected.weights,
        reason=_sentence(selected, left_out),
        parameters={
            name: tuned.parameters for name, tuned in found.items() if name in selected.weights
        },
    )


def fit_ranker(bundle: Bundle, dataset: Dataset, choice: BlendChoice) -> Ranker:
    """The ranker of a bundle that was trained on all of the dataset.

    Raises:
        MemoryError: a chosen model takes more memory than there is now.
    """
    if not choice.parameters:
        return Ranker(bundle, {}, choice.weights)
    training = InteractionMatrix(dataset)
    item_weights = {
        name: _in_order(ITEM_TO_ITEM[name]().item_weights(training, found), training, bundle)
        for name, found in choice.parameters.items()
    }
    return Ranker(bundle, item_weights, choice.weights)


class Selected(NamedTuple):
    """The outcome of a forward selection."""

    weights: Mapping[str, float]
    towers: Floats
    """NDCG of each user by the towers alone."""
    blended: Floats


def select(ndcg: Callable[[Mapping[str, float]], Floats], models: Sequence[str]) -> Selected:
    """Let models join the towers as long as one raises the mean NDCG by two standard errors.

    Args:
        ndcg: of each user, by the weights of a blend.
        models: that may join.
    """
    weights: dict[str, float] = {TOWERS: 1.0}
    alone = best = ndcg(weights)
    waiting = list(models)
    while waiting:
        tried = [
            (ndcg(mixed), name, mixed)
            for name in waiting
            for mixed in (_joined(weights, name, share) for share in _SHARES)
        ]
        found, name, mixed = max(tried, key=lambda each: float(each[0].mean()))
        gains = found - best
        error = float(gains.std(ddof=1)) / len(gains) ** 0.5
        if not float(gains.mean()) > _STANDARD_ERRORS * error:
            break
        weights, best = mixed, found
        waiting.remove(name)
    return Selected(weights, alone, best)


def _joined(weights: Mapping[str, float], name: str, share: float) -> dict[str, float]:
    others = {model: round(weight * (1 - share), 4) for model, weight in weights.items()}
    return {**others, name: share}


def _sentence(selected: Selected, left_out: Mapping[str, str]) -> str:
    users, alone = len(selected.towers), f"{selected.towers.mean():.4f}"
    whose = f"NDCG@{K} on the held-out items of {users:,} users"
    if len(selected.weights) == 1:
        text = f"The towers alone: no other model raises {whose}, {alone}, by more than the noise."
    else:
        gains = selected.blended - selected.towers
        error = float(gains.std(ddof=1)) / users**0.5
        shares = ", ".join(f"{name} {weight:.2f}" for name, weight in selected.weights.items())
        text = (
            f"A blend of {shares}: {whose}, on whom it was chosen, was"
            f" {selected.blended.mean():.4f} and {alone} with the towers alone; the standard error"
            f" of the difference is {error:.4f}."
        )
    return " ".join([text, *(f"Without {name}: {why}." for name, why in left_out.items())])


def too_few(users: int) -> BlendChoice:
    """The towers alone, as there is hardly anybody to compare on."""
    reason = f"The towers alone: {users} users are too few to compare on."
    return BlendChoice(weights={TOWERS: 1.0}, reason=reason)


class _Tuned(NamedTuple):
    """The best variant of an item-to-item model."""

    parameters: Parameters
    weights: ItemWeights


def _tuned(model: _ItemToItem, training: InteractionMatrix, users: HeldOutItems) -> _Tuned:
    few = dict(list(users.items())[:_USERS_OF_PARAMETERS])
    test = HeldOut.of(few, training.items)
    rows, seen = training.rows(test.user_ids), training.seen_by(test.user_ids)
    best: tuple[float, _Tuned] | None = None
    for parameters, weights in model.variants(training):

        def scores(
            block: npt.NDArray[np.int64], weights: ItemWeights = weights
        ) -> npt.NDArray[np.float32]:
            return np.asarray((training.seen[block] @ weights).toarray(), dtype=np.float32)

        ndcg = NDCG.mean(hits_at_k(rank(scores, rows, seen, K), test.matrix, K))
        if best is None or ndcg > best[0]:
            best = ndcg, _Tuned(parameters, weights)
    assert best is not None, "a model has a variant"
    return best[1]


def _in_order(weights: ItemWeights, training: InteractionMatrix, bundle: Bundle) -> ItemWeights:
    """The same weights with the rows and columns of the bundle's items."""
    places = training.items.get_indexer(pd.Index(bundle.item_ids, dtype=object))
    return scipy.sparse.csr_array(weights[places][:, places])


class _Comparison:
    """The users on whom blends are compared, with their candidates."""

    def __init__(self, ranker: Ranker, earlier: Dataset, held_out: HeldOutItems) -> None:
        index = ItemIndex.of(ranker.bundle, earlier.known_items())
        users = earlier.known_users()
        users = users[users["user_id"].isin(set(held_out))].reset_index(drop=True)
        blocks = ranker.candidates(index, users, earlier.interactions, k=K, now=None)
        columns = pd.Index(index.item_ids)
        self._blocks = [
            (found, HeldOut.of({user: held_out[user] for user in block.user_ids}, columns).matrix)
            for block, found in blocks
        ]

    def ndcg(self, blend: Mapping[str, float]) -> Floats:
        """NDCG@20 of each user, always in the same order."""
        return np.concatenate(
            [
                NDCG.per_user(hits_at_k(found.best(blend, K), targets, K))
                for found, targets in self._blocks
            ]
        )
