"""EASE as a part of a blend: weighted, and kept as a sparse matrix of item-to-item weights.

A user counts in X'X by the length of their history to the power of -1/2, so that long histories do
not decide everything; a score is divided by a power of the item's popularity. Graph filters have
both normalisations (Shen et al. 2021, "How Powerful is Graph Convolution for Recommendation?").
docs/model.md has what they give.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import scipy.sparse

from ml.evaluation.ranking_models.baseline import Parameters
from ml.evaluation.ranking_models.ease import Ease, Matrix, diagonal_by_user, regularised_inverse
from ml.evaluation.ranking_models.ranking_model import InteractionMatrix
from ml.ranking.item_weights import ItemWeights, neighbours_kept, strongest
from streams.errors import ModelError

_LAMBDAS = (100, 200, 400, 800, 1600)
_POPULARITY_EXPONENTS = (0.0, 0.1, 0.2)
_HISTORY_EXPONENT = 0.5
_MAX_TRIED_ITEMS = 6_000
"""Up to so many all weights are computed in seconds."""
_MAX_ITEMS = 40_000
"""Up to so many in two minutes."""
_MAX_SIDE = 12_000
"""Beyond so many users and items the inverse takes more than 1.2 GB, as the steps of the pipeline
have no memory for."""
_BLOCK = 1_024


class WeightedEase:
    """Learns the strongest entries of the weights of EASE."""

    def variants(self, training: InteractionMatrix) -> Iterator[tuple[Parameters, ItemWeights]]:
        """What a blend chooses from; one lambda where the items are many.

        Raises:
            ModelError: the log is too large for EASE to be part of a blend.
            MemoryError: the matrices take more memory than there is.
        """
        users, items = training.seen.shape
        if min(users, items) > _MAX_SIDE or items > _MAX_ITEMS:
            raise ModelError(
                f"EASE takes at most {_MAX_SIDE:,} users or items and {_MAX_ITEMS:,} items, and"
                f" there are {users:,} users and {items:,} items"
            )
        for ridge in _LAMBDAS if items <= _MAX_TRIED_ITEMS else (Ease.default["lambda"],):
            weights = _solve(training.seen, ridge)
            for exponent in _POPULARITY_EXPONENTS:
                parameters = {"lambda": ridge, "popularity_exponent": exponent}
                yield parameters, _discounted(weights, training, exponent)

    def item_weights(self, training: InteractionMatrix, parameters: Parameters) -> ItemWeights:
        """Learn with given hyper-parameters; rows and columns are `training.items`.

        Raises:
            MemoryError: they take more memory than there is.
        """
        weights = _solve(training.seen, parameters["lambda"])
        return _discounted(weights, training, parameters["popularity_exponent"])


def _solve(seen: scipy.sparse.csr_matrix, ridge: float) -> ItemWeights:
    users, items = seen.shape
    importance = np.diff(seen.indptr).astype(np.float64) ** -_HISTORY_EXPONENT
    roots = np.sqrt(importance / importance.mean())
    weighted = scipy.sparse.csr_matrix(scipy.sparse.diags_array(roots) @ seen, dtype=np.float32)
    blocks = _rows_by_user if users < items else _rows_by_item
    return strongest(blocks(weighted, ridge), neighbours_kept(items))


def _rows_by_item(weighted: scipy.sparse.csr_matrix, ridge: float) -> Iterator[Matrix]:
    """Blocks of the rows of B, from P (`ml.evaluation.ranking_models.ease`)."""
    inverse = regularised_inverse(weighted.T.tocsr(), ridge, lambda _share: None)
    diagonal = inverse.diagonal().copy()
    for start in range(0, len(inverse), _BLOCK):
        yield _without_diagonal(inverse[start : start + _BLOCK] / -diagonal, start)


def _rows_by_user(weighted: scipy.sparse.csr_matrix, ridge: float) -> Iterator[Matrix]:
    """The same from K: outside its diagonal, P is -X'KX / lambda."""
    inverse = regularised_inverse(weighted, ridge, lambda _share: None)
    diagonal = diagonal_by_user(inverse, weighted, ridge) * np.float32(ridge)
    by_item = weighted.T.tocsr()
    for start in range(0, by_item.shape[0], _BLOCK):
        products = by_item[start : start + _BLOCK] @ inverse
        block = np.ascontiguousarray((by_item @ products.T).T)
        yield _without_diagonal(block / diagonal, start)


def _without_diagonal(block: Matrix, start: int) -> Matrix:
    places = np.arange(len(block))
    block[places, start + places] = 0
    return block


def _discounted(weights: ItemWeights, training: InteractionMatrix, exponent: float) -> ItemWeights:
    popularity: npt.NDArray[np.float32] = training.seen.sum(axis=0).A1
    discounts = scipy.sparse.diags_array(popularity ** np.float32(-exponent))
    return scipy.sparse.csr_array(weights @ discounts, dtype=np.float32)
