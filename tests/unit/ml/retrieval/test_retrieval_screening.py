"""No item of the exact result may be screened out."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import scipy.sparse
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import ml.retrieval.exact
import ml.retrieval.screening
from ml.retrieval.exact import ItemSearch, top_k


@contextmanager
def changed(*changes: tuple[Any, str, Any]) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for where, name, value in changes:
            patch.setattr(where, name, value)
        yield


@contextmanager
def small_blocks(dtype: torch.dtype) -> Iterator[None]:
    """Blocks, tiles, groups and pieces so small that little data crosses all of their edges."""
    exact, screening = ml.retrieval.exact, ml.retrieval.screening
    with changed(
        (exact, "native_type", lambda: dtype),
        (exact, "_FEW_USERS", 1),
        (exact, "_USERS_AT_ONCE", 4),
        (exact, "_ITEMS_AT_ONCE", 150),
        (exact, "_PRODUCTS_AT_ONCE", 50),
        (screening, "_TILE", 64),
        (screening, "_PAIRS_AT_ONCE", 40),
    ):
        yield


def brute_force(users: np.ndarray, items: np.ndarray, k: int, seen: np.ndarray) -> np.ndarray:
    scores = users.astype(np.float64) @ items.T.astype(np.float64)
    scores[seen] = -np.inf
    best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    best[np.isneginf(np.take_along_axis(scores, best, axis=1))] = -1
    return np.pad(best, ((0, 0), (0, k - best.shape[1])), constant_values=-1)


@st.composite
def problems(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, int, np.ndarray]:
    """Integers up to 300: float32 adds them exactly, bfloat16 cannot represent most of them."""
    rng = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    users, items, dim = draw(st.tuples(st.integers(2, 12), st.integers(1, 400), st.integers(1, 9)))
    spread = draw(st.sampled_from([0, 1, 3, 300]))
    offset = draw(st.sampled_from([0, 5, 2000]))  # far from 0 all items are nearly equal
    vectors = rng.integers(-spread, spread + 1, (items, dim)) + offset
    order = np.argsort(vectors.sum(axis=1)) if draw(st.booleans()) else np.arange(items)
    seen = rng.random((users, items)) < draw(st.sampled_from([0, 0.3, 0.99, 1]))
    return (
        rng.integers(-spread, spread + 1, (users, dim)).astype(np.float32),
        vectors[order].astype(np.float32),
        draw(st.integers(1, 30)),
        seen,
    )


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
@settings(max_examples=150, deadline=None)
@given(problem=problems())
def test_no_item_of_the_result_is_screened_out(
    problem: tuple[np.ndarray, np.ndarray, int, np.ndarray], dtype: torch.dtype
) -> None:
    users, items, k, seen = problem
    excluded = scipy.sparse.csr_array(seen)
    with small_blocks(dtype):
        indices, scores = top_k(users, items, k, seen=excluded)
        search = ItemSearch(items, k, users[:2])
        prepared = [search.best(users[part], excluded[part]) for part in (slice(5), slice(5, None))]
    np.testing.assert_array_equal(indices, brute_force(users, items, k, seen))
    np.testing.assert_array_equal(np.concatenate(prepared), indices)
    found = indices >= 0
    expected = np.einsum("ukd,ud->uk", items[indices], users)
    np.testing.assert_array_equal(scores[found], expected[found])
    assert np.isneginf(scores[~found]).all()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
@pytest.mark.parametrize("size", [1e-18, 1.0, 1e15])
def test_real_vectors_of_any_size_get_the_best_items(dtype: torch.dtype, size: float) -> None:
    rng = np.random.default_rng(3)
    users = rng.standard_normal((300, 24)).astype(np.float32) * np.float32(size)
    items = rng.standard_normal((5000, 24)).astype(np.float32)
    items *= rng.lognormal(0, 1, (5000, 1)).astype(np.float32) * np.float32(size)
    with changed((ml.retrieval.exact, "native_type", lambda: dtype)):
        indices, _ = top_k(users, items, 10)
    exact = users.astype(np.float64) @ items.T.astype(np.float64)
    found = np.take_along_axis(exact, indices, axis=1)
    best = -np.sort(-exact, axis=1)[:, :10]
    np.testing.assert_allclose(found, best, rtol=1e-5)
    assert (np.diff(np.sort(indices, axis=1)) > 0).all()


def test_the_best_item_is_found_though_rounding_favours_another() -> None:
    down, up = 1 + 0.999 / 256, 1 + 1.001 / 256  # 1 and 1 + 2 / 256 in bfloat16
    users = np.tile(np.array([1] + [down] * 20 + [up] * 20, np.float32), (100, 1))
    items = np.zeros((4000, 41), np.float32)
    items[:, 0] = np.linspace(0, 1, 4000)
    items[1234] = [0.02] + [down] * 20 + [0] * 20
    items[77] = [0] + [0] * 20 + [up] * 20
    with changed((ml.retrieval.exact, "native_type", lambda: torch.bfloat16)):
        indices, _ = top_k(users, items, 1)
    assert (indices == 1234).all()


def test_the_same_vector_gets_the_same_score_at_any_position() -> None:
    rng = np.random.default_rng(4)
    user, item = rng.standard_normal((2, 61)).astype(np.float32)
    users = np.vstack([rng.standard_normal((99, 61)), user]).astype(np.float32)
    items = rng.standard_normal((3000, 61)).astype(np.float32) / np.float32(100)
    places = [5, 1023, 2047, 2048, 2999]
    items[places] = item if user @ item > 0 else -item
    indices, scores = top_k(users, items, 5)
    assert indices[-1].tolist() == places
    assert len(set(scores[-1].tolist())) == 1
    alone = top_k(users[-1:], items, 5)
    np.testing.assert_array_equal(alone[0][0], indices[-1])
    np.testing.assert_array_equal(alone[1][0], scores[-1])


def test_the_number_of_threads_stays_as_it_was() -> None:
    threads = torch.get_num_threads()
    vectors = np.random.default_rng(5).standard_normal((900, 4)).astype(np.float32)
    try:
        torch.set_num_threads(3)
        answers = [top_k(vectors, vectors, 3)]
        assert torch.get_num_threads() == 3
        torch.set_num_threads(1)
        answers.append(top_k(vectors, vectors, 3))
    finally:
        torch.set_num_threads(threads)
    np.testing.assert_array_equal(answers[0][0], answers[1][0])
    np.testing.assert_array_equal(answers[0][1], answers[1][1])


def test_if_all_scores_are_equal_the_first_items_are_listed() -> None:
    alike = np.ones((300, 3), np.float32)  # every item is a candidate: more than one piece
    indices, _ = top_k(alike, np.ones((9_000, 3), np.float32), 3)
    assert (indices == [0, 1, 2]).all()
