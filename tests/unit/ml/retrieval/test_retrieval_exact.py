import numpy as np
import pytest
import scipy.sparse

import ml.retrieval.exact
from ml.retrieval.exact import top_k
from streams.errors import ContractError


def brute_force(
    users: np.ndarray, items: np.ndarray, k: int, seen: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    indices = np.full((len(users), k), -1)
    scores = np.full((len(users), k), -np.inf)
    for row, user in enumerate(users):
        allowed = [item for item in range(len(items)) if not seen[row, item]]
        ranked = sorted(allowed, key=lambda item: (-(user @ items[item]), item))[:k]
        indices[row, : len(ranked)] = ranked
        scores[row, : len(ranked)] = [user @ items[item] for item in ranked]
    return indices, scores


@pytest.mark.parametrize("k", [1, 7, 40, 55])
@pytest.mark.parametrize(("users_at_once", "items_at_once"), [(1, 9), (7, 40), (256, 1)])
def test_equals_brute_force_in_blocks_of_any_size(
    monkeypatch: pytest.MonkeyPatch, k: int, users_at_once: int, items_at_once: int
) -> None:
    monkeypatch.setattr(ml.retrieval.exact, "_USERS_AT_ONCE", users_at_once)
    monkeypatch.setattr(ml.retrieval.exact, "_ITEMS_AT_ONCE", items_at_once)
    rng = np.random.default_rng(k)
    users = rng.integers(-3, 4, (23, 5)).astype(np.float32)  # integers: many equal scores
    items = rng.integers(-3, 4, (40, 5)).astype(np.float32)
    seen = rng.random((23, 40)) < rng.random((23, 1))
    indices, scores = top_k(users, items, k, seen=scipy.sparse.csr_array(seen))
    expected_indices, expected_scores = brute_force(users, items, k, seen)
    np.testing.assert_array_equal(indices, expected_indices)
    np.testing.assert_array_equal(scores, expected_scores)
    assert indices.dtype == np.int64
    assert scores.dtype == np.float32


def test_a_user_who_has_seen_everything_gets_nothing() -> None:
    indices, scores = top_k(
        np.ones((1, 2), np.float32),
        np.ones((3, 2), np.float32),
        2,
        seen=scipy.sparse.csr_array(np.ones((1, 3), bool)),
    )
    assert indices.tolist() == [[-1, -1]]
    assert np.isneginf(scores).all()


def test_equal_scores_are_ordered_by_index() -> None:
    indices, _ = top_k(np.ones((2, 1), np.float32), np.ones((1000, 1), np.float32), 5, seen=None)
    assert indices.tolist() == [[0, 1, 2, 3, 4]] * 2


def test_no_users_and_no_items_get_empty_lists() -> None:
    nobody, nothing = np.empty((0, 3), np.float32), np.empty((0, 3), np.float32)
    assert top_k(nobody, np.ones((4, 3), np.float32), 2)[0].shape == (0, 2)
    assert top_k(np.ones((4, 3), np.float32), nothing, 2)[0].tolist() == [[-1, -1]] * 4


@pytest.mark.parametrize(
    ("users", "items", "k", "seen", "message"),
    [
        (np.ones((2, 3)), np.ones((4, 2)), 1, None, "3 dimensions, item vectors 2"),
        (np.ones(3), np.ones((4, 3)), 1, None, "user_vectors must be a matrix"),
        (np.ones((2, 3)), np.full((4, 3), np.nan), 1, None, "item_vectors holds values"),
        (np.ones((2, 3)), np.ones((4, 3)), 0, None, "k must be at least 1"),
        (np.ones((2, 3)), np.ones((4, 3)), 1, scipy.sparse.csr_array((4, 2)), "2 users and 4"),
    ],
)
def test_arrays_that_do_not_match_are_refused(
    users: np.ndarray,
    items: np.ndarray,
    k: int,
    seen: scipy.sparse.csr_array | None,
    message: str,
) -> None:
    with pytest.raises(ContractError, match=message):
        top_k(users.astype(np.float32), items.astype(np.float32), k, seen=seen)
