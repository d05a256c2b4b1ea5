import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from ml.retrieval import dense
from ml.retrieval.dense import best_columns, rank, seen_matrix


@pytest.mark.parametrize("at_once", [1, 1 << 23])
def test_ranking_is_that_of_a_full_sort(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dense, "_SCORES_AT_ONCE", at_once)
    rng = np.random.default_rng(0)
    # Few different scores: ties are everywhere.
    table = rng.integers(0, 4, (12, 30)).astype(np.float32)
    seen = scipy.sparse.csr_array(rng.random((12, 30)) < 0.3)
    found = rank(lambda rows: table[rows].copy(), np.arange(12), seen, 9)
    masked = np.where(seen.toarray(), -np.inf, table)
    np.testing.assert_array_equal(found, np.argsort(-masked, axis=1, kind="stable")[:, :9])


def test_a_list_ends_where_items_do() -> None:
    seen = scipy.sparse.csr_array(np.array([[True, False, False], [True, True, True]]))
    found = rank(lambda rows: np.zeros((len(rows), 3), np.float32), np.arange(2), seen, 5)
    assert found.tolist() == [[1, 2, -1, -1, -1], [-1] * 5]


def test_of_equal_scores_the_lower_column_comes_first_and_minus_infinity_never() -> None:
    row = np.array([1.0, 3.0, -np.inf, 3.0, 2.0])
    assert best_columns(row, 2).tolist() == [1, 3]
    assert best_columns(row, 9).tolist() == [1, 3, 4, 0]


def test_seen_matrix_has_one_entry_per_pair_and_ignores_other_users_and_items() -> None:
    interactions = pd.DataFrame(
        {"user_id": ["a", "a", "b", "stranger"], "item_id": ["y", "y", "other", "x"]}
    )
    seen = seen_matrix(interactions, ["b", "a"], ["x", "y"])
    assert seen.nnz == 1
    assert seen.toarray().tolist() == [[False, False], [False, True]]
