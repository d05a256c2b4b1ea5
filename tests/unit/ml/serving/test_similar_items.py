"""Neighbours of an item by the vectors of the live version, as the catalogue changes under them."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ml.serving.live_items import LiveItems
from ml.serving.similar_items import MAX_SIMILAR, SimilarItems

# The last component is the bias: `popular` is liked by everybody and like nothing.
VECTORS = np.float32([[1, 0, 0], [0.8, 0.6, 0], [0.6, 0.8, 0], [0, 1, 9], [0, 0, 5]])
ITEMS = LiveItems.of(["a", "b", "c", "popular", "blank"], VECTORS)


def test_neighbours_are_by_direction_and_never_the_item_itself() -> None:
    similar = SimilarItems()
    assert similar.of(ITEMS, "a", 2) == ("b", "c")
    assert similar.of(ITEMS, "a", 9)[:3] == ("b", "c", "popular")


def test_what_has_no_vector_or_an_empty_one_has_no_neighbours() -> None:
    assert SimilarItems().of(ITEMS, "stranger", 5) == ()
    assert SimilarItems().of(ITEMS, "blank", 5) == ()


def test_it_follows_the_catalogue() -> None:
    similar = SimilarItems()
    assert similar.of(ITEMS, "a", 1) == ("b",)
    more = ITEMS.updated({"new": np.float32([0.98, 0.2, 0])}, ["b"])
    assert similar.of(more, "a", 2) == ("new", "c")
    assert similar.of(more, "new", 2) == ("a", "c")
    assert similar.of(more.updated({}, ()), "a", 2) == ("new", "b")


def test_threads_with_different_states_get_the_neighbours_of_their_own() -> None:
    similar, other = SimilarItems(), ITEMS.updated({}, ["b"])

    def ask(number: int) -> bool:
        items, expected = ((ITEMS, "b"), (other, "c"))[number % 2]
        return similar.of(items, "a", 1) == (expected,)

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(ask, range(2000)))


def test_neighbours_of_random_vectors_are_those_of_the_highest_cosines() -> None:
    rng = np.random.default_rng(2)
    vectors = rng.standard_normal((3000, 33), dtype=np.float32)
    vectors[:, :-1] /= np.linalg.norm(vectors[:, :-1], axis=1, keepdims=True)
    ids = [str(number) for number in range(len(vectors))]
    items, similar = LiveItems.of(ids, vectors), SimilarItems()
    cosines = vectors[:, :-1] @ vectors[:, :-1].T
    np.fill_diagonal(cosines, -2)
    for number in range(50):
        best = [str(place) for place in np.argsort(-cosines[number])[:MAX_SIMILAR]]
        assert list(similar.of(items, str(number), MAX_SIMILAR + 9)) == best
