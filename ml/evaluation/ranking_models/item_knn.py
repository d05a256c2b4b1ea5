"""Neighbours of items (Sarwar et al. 2001), found by `implicit`.

The similarity of two items is the cosine of their weighted users, shrunk: each squared norm grows
by that of `shrinkage` users of mean weight. Without it two items of one user each would be the
nearest of neighbours. BM25's weights contain such a norm already.
"""

from collections.abc import Iterator, Sequence
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import scipy.sparse
from implicit.nearest_neighbours import ItemItemRecommender, bm25_weight, tfidf_weight

from ml.evaluation.ranking_models.baseline import Baseline, Parameters
from ml.evaluation.ranking_models.ranking_model import InteractionMatrix, Progress
from ml.ranking.item_weights import ItemWeights
from ml.retrieval.dense import ScoreFunction

_MAX_ENTRIES = 1_000_000


class ItemKnn(Baseline):
    """An item's score is the sum of its similarities to what the user has seen."""

    default: ClassVar[Parameters] = {"weights": "tfidf", "shrinkage": 20, "neighbours": 20}

    def is_cheap(self, training: InteractionMatrix) -> bool:
        """Whether its entries are few."""
        return bool(training.seen.nnz <= _MAX_ENTRIES)

    def grid(self, training: InteractionMatrix) -> Sequence[Parameters]:
        """Cosine, TF-IDF and BM25 with few and many neighbours."""
        del training
        cosines = [("cosine", 20, 20), ("tfidf", 0, 20), ("tfidf", 20, 20), ("tfidf", 20, 100)]
        return [
            {"weights": weights, "shrinkage": shrinkage, "neighbours": neighbours}
            for weights, shrinkage, neighbours in cosines
        ] + [{"weights": "bm25", "neighbours": neighbours} for neighbours in (20, 100, 200)]

    def solve(
        self, training: InteractionMatrix, parameters: Parameters, seed: int, progress: Progress
    ) -> ScoreFunction:
        """Keep the nearest neighbours of each item."""
        del seed, progress
        seen, similarity = training.seen, self.item_weights(training, parameters)

        def scores(rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
            found: npt.NDArray[np.float32] = (seen[rows] @ similarity).toarray()
            found[rows < 0] = 0
            return found

        return scores

    def variants(self, training: InteractionMatrix) -> Iterator[tuple[Parameters, ItemWeights]]:
        """What a blend chooses from: the grid where that is cheap, else the default."""
        for parameters in self.grid(training) if self.is_cheap(training) else (self.default,):
            yield parameters, self.item_weights(training, parameters)

    def item_weights(self, training: InteractionMatrix, parameters: Parameters) -> ItemWeights:
        """The similarities of each item and its nearest neighbours."""
        by_item = training.seen.T.tocsr().astype(np.float64)
        # An item is its own nearest neighbour; that one does not count.
        model = ItemItemRecommender(K=parameters["neighbours"] + 1)
        weighted = _weighted(by_item, parameters)
        model.fit(scipy.sparse.csr_matrix(weighted.T), show_progress=False)
        return scipy.sparse.csr_array(model.similarity, dtype=np.float32)


def _weighted(by_item: scipy.sparse.csr_matrix, parameters: Parameters) -> scipy.sparse.csr_matrix:
    """The users of each item weighted so that inner products are similarities, (items, users)."""
    match parameters["weights"]:
        case "bm25":
            return bm25_weight(by_item, K1=1.2, B=0.75).tocsr()
        case "tfidf":
            weighted = tfidf_weight(by_item).tocsr()
        case _:
            weighted = by_item
    squares = weighted.multiply(weighted).sum(axis=1).A1
    norms = np.sqrt(squares + parameters["shrinkage"] * squares.sum() / weighted.nnz)
    # An item whose users have all seen everything has no weights.
    scale = np.divide(1, norms, out=np.zeros_like(norms), where=norms > 0)
    return (scipy.sparse.diags_array(scale) @ weighted).tocsr()
