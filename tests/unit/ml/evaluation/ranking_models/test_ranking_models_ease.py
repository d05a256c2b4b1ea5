import numpy as np
import numpy.typing as npt
import psutil
import pytest
import scipy.sparse

from ml.evaluation.ranking_models import ease
from ml.evaluation.ranking_models.ease import Ease
from ml.evaluation.ranking_models.ranking_model import InteractionMatrix


def steck(seen: npt.NDArray[np.float64], ridge: float) -> npt.NDArray[np.float64]:
    """The listing in the paper."""
    gram = seen.T @ seen
    gram[np.diag_indices(len(gram))] += ridge
    inverse = np.linalg.inv(gram)
    weights = inverse / -np.diag(inverse)
    weights[np.diag_indices(len(weights))] = 0
    return seen @ weights


class _Matrix(InteractionMatrix):
    """A training matrix without a log."""

    def __init__(self, seen: scipy.sparse.csr_matrix) -> None:
        self.seen = seen


@pytest.mark.parametrize("shape", [(300, 90), (90, 300)], ids=["by item", "by user"])
@pytest.mark.parametrize("block", [7, 1024])
def test_scores_are_the_papers(
    shape: tuple[int, int], block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ease, "_BLOCK", block)
    seen = scipy.sparse.random(*shape, density=0.1, random_state=4, format="csr", dtype=np.float32)
    seen.data[:] = 1
    scores = Ease().solve(_Matrix(scipy.sparse.csr_matrix(seen)), {"lambda": 5}, 0, lambda _: None)
    rows = np.array([3, 0, 89, -1])
    expected = steck(seen.toarray().astype(np.float64), 5)[rows]
    expected[-1] = 0
    unseen = seen.toarray()[rows] == 0
    np.testing.assert_allclose(scores(rows)[unseen], expected[unseen], atol=2e-5)


def test_too_little_memory_is_told_before_it_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    free = psutil.virtual_memory()._replace(available=7_000)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    seen = scipy.sparse.csr_matrix(np.eye(50, 30, dtype=np.float32))
    with pytest.raises(MemoryError, match="2 matrices of 30 x 30"):
        Ease().solve(_Matrix(seen), {"lambda": 5}, 0, lambda _: None)
