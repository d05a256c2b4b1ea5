import numpy as np
import pytest

from ml.ranking.candidates import Candidates, union
from streams.errors import ContractError


def test_a_union_has_each_item_once_in_ascending_order() -> None:
    found = union([np.array([[4, 2, -1], [0, 1, 2]]), np.array([[2, 9, -1], [2, 1, 0]])])
    np.testing.assert_array_equal(found, [[2, 4, 9], [0, 1, 2]])


def test_users_without_candidates_have_none() -> None:
    nothing = union([np.full((2, 3), -1)])
    candidates = Candidates.of(nothing, {"a": np.zeros(nothing.shape, dtype=np.float32)})
    np.testing.assert_array_equal(candidates.best({"a": 1.0}, 2), [[-1, -1], [-1, -1]])


def test_equal_scores_share_a_rank_and_what_is_no_candidate_comes_last() -> None:
    items = np.array([[3, 5, 7, 8, -1]])
    scores = np.array([[1, 6, 1, 2, 99]], dtype=np.float32)
    ranks = np.exp(Candidates.of(items, {"a": scores}).log_ranks["a"]) - 1
    np.testing.assert_allclose(ranks, [[2, 0, 2, 1, 4]], atol=1e-6)


def test_the_lowest_weighted_sum_of_log_ranks_is_best() -> None:
    items = np.array([[0, 1, 2], [0, 1, -1]])
    scores = {
        "a": np.array([[3, 2, 1], [1, 2, 0]], dtype=np.float32),
        "b": np.array([[10, 20, 30], [1, 1, 0]], dtype=np.float32),
    }
    candidates = Candidates.of(items, scores)
    np.testing.assert_array_equal(candidates.best({"a": 1.0}, 3), [[0, 1, 2], [1, 0, -1]])
    np.testing.assert_array_equal(candidates.best({"b": 1.0}, 3), [[2, 1, 0], [0, 1, -1]])
    # By hand, of log 1, 2 and 3: 0.3 * log 3 < 0.7 * log 2 + 0.3 * log 2 < 0.7 * log 3.
    both = {"a": 0.7, "b": 0.3}
    np.testing.assert_array_equal(candidates.best(both, 5)[0], [0, 1, 2, -1, -1])


def test_a_blend_of_an_unknown_model_is_refused() -> None:
    candidates = Candidates.of(np.array([[0]]), {"a": np.zeros((1, 1), dtype=np.float32)})
    with pytest.raises(ContractError, match="without ranks: b"):
        candidates.best({"b": 1.0}, 1)
