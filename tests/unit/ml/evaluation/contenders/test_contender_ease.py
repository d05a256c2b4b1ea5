import numpy as np
import numpy.typing as npt
import psutil
import pytest
import scipy.sparse

from ml.evaluation.contenders import ease
from ml.evaluation.contenders.ease import Ease
from ml.evaluation.contenders.training import Training


def steck(met: npt.NDArray[np.float64], strength: float) -> npt.NDArray[np.float64]:
    """The listing in the paper."""
    gram = met.T @ met
    gram[np.diag_indices(len(gram))] += strength
    inverse = np.linalg.inv(gram)
    weights = inverse / -np.diag(inverse)
    weights[np.diag_indices(len(weights))] = 0
    return met @ weights


class _Matrix(Training):
    """A training matrix without a log."""

    def __init__(self, met: scipy.sparse.csr_matrix) -> None:
        self.met = met  # type: ignore[misc]


@pytest.mark.parametrize("shape", [(300, 90), (90, 300)], ids=["by item", "by user"])
@pytest.mark.parametrize("block", [7, 1024])
def test_scores_are_the_papers(
    shape: tuple[int, int], block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ease, "_BLOCK", block)
    met = scipy.sparse.random(*shape, density=0.1, random_state=4, format="csr", dtype=np.float32)
    met.data[:] = 1
    scores = Ease().solve(_Matrix(scipy.sparse.csr_matrix(met)), {"lambda": 5}, 0, lambda _: None)
    rows = np.array([3, 0, 89, -1])
    expected = steck(met.toarray().astype(np.float64), 5)[rows]
    expected[-1] = 0
    unmet = met.toarray()[rows] == 0
    np.testing.assert_allclose(scores(rows)[unmet], expected[unmet], atol=2e-5)


def test_too_little_memory_is_told_before_it_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    free = psutil.virtual_memory()._replace(available=7_000)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    met = scipy.sparse.csr_matrix(np.eye(50, 30, dtype=np.float32))
    with pytest.raises(MemoryError, match="2 matrices of 30 x 30"):
        Ease().solve(_Matrix(met), {"lambda": 5}, 0, lambda _: None)
