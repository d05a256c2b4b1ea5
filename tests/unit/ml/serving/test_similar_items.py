"""Neighbours of an item by the vectors of the live version, as the catalogue changes under them."""

import numpy as np
from prometheus_client import REGISTRY

from ml.serving.live_items import MAX_SIMILAR, LiveItems

# The last component is the bias: `popular` is liked by everybody and like nothing.
VECTORS = np.array([[1, 0, 0], [0.8, 0.6, 0], [0.6, 0.8, 0], [0, 1, 9], [0, 0, 5]], np.float32)
ITEMS = LiveItems.of(["a", "b", "c", "popular", "blank"], VECTORS)


def test_neighbours_are_by_direction_and_never_the_item_itself() -> None:
    assert ITEMS.similar("a", 2) == ("b", "c")
    assert ITEMS.similar("a", 9)[:3] == ("b", "c", "popular")


def test_what_has_no_vector_or_an_empty_one_has_no_neighbours() -> None:
    assert ITEMS.similar("stranger", 5) == ()
    assert ITEMS.similar("blank", 5) == ()


def test_look_ups_of_remembered_neighbours_are_counted() -> None:
    def looked_up(outcome: str) -> float:
        labels = {"cache": "similar", "outcome": outcome}
        return REGISTRY.get_sample_value("recsys_cache_lookups_total", labels) or 0

    items, before = LiveItems.of(["a", "b"], VECTORS[:2]), [looked_up("hit"), looked_up("miss")]
    for item_id in ("a", "a", "b", "stranger", "stranger"):
        items.similar(item_id, 1)
    assert [looked_up("hit") - before[0], looked_up("miss") - before[1]] == [2, 3]


def test_they_follow_the_catalogue() -> None:
    assert ITEMS.similar("a", 1) == ("b",)
    more = ITEMS.updated({"new": np.array([0.98, 0.2, 0], np.float32)}, ["b"])
    assert more.similar("a", 2) == ("new", "c")
    assert more.similar("new", 2) == ("a", "c")
    assert more.updated({}, ()).similar("a", 2) == ("new", "b")
    assert ITEMS.similar("a", 2) == ("b", "c"), "a request keeps the state it began with"


def test_neighbours_of_random_vectors_are_those_of_the_highest_cosines() -> None:
    rng = np.random.default_rng(2)
    vectors = rng.standard_normal((3000, 33), dtype=np.float32)
    vectors[:, :-1] /= np.linalg.norm(vectors[:, :-1], axis=1, keepdims=True)
    ids = [str(number) for number in range(len(vectors))]
    items = LiveItems.of(ids, vectors)
    cosines = vectors[:, :-1] @ vectors[:, :-1].T
    np.fill_diagonal(cosines, -2)
    for number in range(50):
        best = [str(place) for place in np.argsort(-cosines[number])[:MAX_SIMILAR]]
        assert list(items.similar(str(number), MAX_SIMILAR + 9)) == best
