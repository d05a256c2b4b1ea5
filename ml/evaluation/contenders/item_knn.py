"""Neighbours of items (Sarwar et al. 2001), found by `implicit`.

The similarity of two items is the cosine of their weighted users, shrunk: to each squared norm is
added that of so many users of mean weight, or two items of one user each would be the best of
neighbours. BM25's own weights hold such a norm already.
"""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import scipy.sparse
from implicit.nearest_neighbours import ItemItemRecommender, bm25_weight, tfidf_weight

from ml.evaluation.contenders.baseline import Baseline, Parameters
from ml.evaluation.contenders.contender import Progress
from ml.evaluation.contenders.training import Training
from ml.retrieval.dense import ScoreFunction

_FEW_ENTRIES = 1_000_000


class ItemKnn(Baseline):
    """An item's score is the sum of its similarities to what the user has met."""

    default: ClassVar[Parameters] = {"weights": "tfidf", "shrinkage": 20, "neighbours": 20}

    def is_cheap(self, training: Training) -> bool:
        """Whether its entries are few."""
        return bool(training.met.nnz <= _FEW_ENTRIES)

    def candidates(self, training: Training) -> Sequence[Parameters]:
        """Cosine, TF-IDF and BM25 with few and many neighbours."""
        del training
        cosines = [("cosine", 20, 20), ("tfidf", 0, 20), ("tfidf", 20, 20), ("tfidf", 20, 100)]
        return [
            {"weights": weights, "shrinkage": shrinkage, "neighbours": neighbours}
            for weights, shrinkage, neighbours in cosines
        ] + [{"weights": "bm25", "neighbours": neighbours} for neighbours in (20, 100, 200)]

    def solve(
        self, training: Training, parameters: Parameters, seed: int, progress: Progress
    ) -> ScoreFunction:
        """Keep the nearest neighbours of each item."""
        del seed, progress
        met = training.met
        weighted = _weighted(met.T.tocsr().astype(np.float64), parameters)
        # An item is its own nearest neighbour, and tells nothing.
        model = ItemItemRecommender(K=parameters["neighbours"] + 1)
        model.fit(scipy.sparse.csr_matrix(weighted.T), show_progress=False)
        similarity = model.similarity.astype(np.float32)

        def scores(rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
            found: npt.NDArray[np.float32] = (met[rows] @ similarity).toarray()
            found[rows < 0] = 0
            return found

        return scores


def _weighted(by_item: scipy.sparse.csr_matrix, parameters: Parameters) -> scipy.sparse.csr_matrix:
    """Weights of the users of each item, (items, users), for inner products to be similarities."""
    match parameters["weights"]:
        case "bm25":
            return bm25_weight(by_item, K1=1.2, B=0.75).tocsr()
        case "tfidf":
            weighted = tfidf_weight(by_item).tocsr()
        case _:
            weighted = by_item
    squares = weighted.multiply(weighted).sum(axis=1).A1
    norms = np.sqrt(squares + parameters["shrinkage"] * squares.sum() / weighted.nnz)
    # An item whose users all met everything has no weights.
    scale = np.divide(1, norms, out=np.zeros_like(norms), where=norms > 0)
    return (scipy.sparse.diags_array(scale) @ weighted).tocsr()
