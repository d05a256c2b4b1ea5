"""Search by rounded vectors finds what the exact scores say, whatever a filter leaves."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.retrieval.quantized import QuantizedVectors, _largest

Array = npt.NDArray[np.float32]


@pytest.fixture(scope="module")
def vectors() -> Array:
    """Unit vectors of uneven components with a bias of its own size, as towers make them."""
    rng = np.random.default_rng(3)
    found = rng.standard_normal((6000, 48), dtype=np.float32) * np.geomspace(
        1, 0.05, 48, dtype=np.float32
    )
    found[:, :-1] /= np.linalg.norm(found[:, :-1], axis=1, keepdims=True)
    found[:, -1] = rng.normal(0, 3, len(found))
    return found


@pytest.fixture(scope="module")
def queries() -> Array:
    rng = np.random.default_rng(4)
    found = rng.standard_normal((50, 48), dtype=np.float32)
    found[:, :-1] *= 12 / np.linalg.norm(found[:, :-1], axis=1, keepdims=True)
    found[:, -1] = 1
    return found


@pytest.mark.parametrize("share", [None, 1.0, 0.5, 0.1, 0.01])
def test_nearly_all_of_the_best_are_found_in_their_order(
    vectors: Array, queries: Array, share: float | None
) -> None:
    index, rng, hits = QuantizedVectors(vectors), np.random.default_rng(5), 0.0
    for query in queries:
        allowed = None if share is None else rng.random(len(vectors)) < share
        places, scores = index.search(query, 100, allowed)
        exact = vectors @ query
        np.testing.assert_allclose(scores, exact[places], rtol=1e-5, atol=1e-5)
        assert (np.diff(scores) <= 0).all()
        left = np.flatnonzero(np.ones(len(vectors), bool) if allowed is None else allowed)
        assert len(places) == min(100, len(left))
        assert set(places.tolist()) <= set(left.tolist())
        hits += len(set(left[np.argsort(-exact[left])[:100]]) & set(places)) / len(places)
    assert hits / len(queries) >= 0.99


@pytest.mark.parametrize("dim", [2, 9, 128, 130, 257])
def test_vectors_of_whole_codes_have_exact_scores(dim: int) -> None:
    rng = np.random.default_rng(7)
    codes = rng.integers(-7, 8, (1500, dim)).astype(np.float32)
    codes[:, 0] = 7  # so that a code of 1 stands for 1
    found = QuantizedVectors(codes)._rounded_scores(codes[:2])
    np.testing.assert_allclose(found, codes[:2] @ codes.T, rtol=1e-5, atol=1e-3)


def test_a_query_without_a_bias_is_answered_by_the_other_components(
    vectors: Array, queries: Array
) -> None:
    index, hits = QuantizedVectors(vectors), 0.0
    for query in queries * np.append(np.ones(47, dtype=np.float32), 0).astype(np.float32):
        places, scores = index.search(query, 50)
        exact = vectors[:, :-1] @ query[:-1]
        np.testing.assert_allclose(scores, exact[places], rtol=1e-5, atol=1e-5)
        hits += len(set(np.argsort(-exact)[:50]) & set(places.tolist())) / 50
    assert hits / len(queries) >= 0.99


def test_no_row_is_missing_where_few_are_left(vectors: Array, queries: Array) -> None:
    index, allowed = QuantizedVectors(vectors), np.zeros(len(vectors), dtype=bool)
    assert [len(each) for each in index.search(queries[0], 10, allowed)] == [0, 0]
    allowed[[7, 5000, 3]] = True
    places, _ = index.search(queries[0], 10, allowed)
    assert sorted(places.tolist()) == [3, 7, 5000]
    assert len(index.search(queries[0], 9000)[0]) == len(vectors)


def test_of_equal_scores_the_lower_place_comes_first(queries: Array) -> None:
    same = np.repeat(np.array([[1, 0, 0.5]], np.float32), 3000, axis=0)
    places, _ = QuantizedVectors(same).search(np.array([2, 0, 1], np.float32), 5)
    assert places.tolist() == [0, 1, 2, 3, 4]


def test_vectors_of_zeros_are_scored_by_their_bias() -> None:
    vectors = np.zeros((2000, 9), dtype=np.float32)
    vectors[:, -1] = np.arange(2000)
    places, scores = QuantizedVectors(vectors).search(np.array([0] * 8 + [1], np.float32), 3)
    assert (places.tolist(), scores.tolist()) == ([1999, 1998, 1997], [1999, 1998, 1997])


def test_an_index_without_items_finds_nothing() -> None:
    places, _ = QuantizedVectors(np.zeros((0, 9), dtype=np.float32)).search(
        np.ones(9, np.float32), 3
    )
    assert places.tolist() == []


@pytest.mark.parametrize("share", [None, 0.995, 0.6, 0.3, 0.02])
def test_several_queries_in_one_pass_find_what_each_finds_alone(
    vectors: Array, queries: Array, share: float | None
) -> None:
    index = QuantizedVectors(vectors)
    allowed = None if share is None else np.random.default_rng(6).random(len(vectors)) < share
    together = index.search_each(queries[:3], 60, allowed)
    for query, (places, scores) in zip(queries[:3], together, strict=True):
        alone, alone_scores = index.search(query, 60, allowed)
        assert places.tolist() == alone.tolist()
        np.testing.assert_array_equal(scores, alone_scores)


@given(
    st.lists(st.integers(-40, 40), min_size=1, max_size=600),
    st.integers(1, 600),
)
def test_the_largest_are_those_of_a_sort(numbers: list[int], number: int) -> None:
    scores = np.array(numbers, dtype=np.float32)
    number = min(number, len(scores))
    least = np.sort(scores)[-number]
    assert _largest(scores, number).tolist() == np.flatnonzero(scores >= least).tolist()
