"""The items of live lists, as the catalogue changes under them."""

from typing import Any

import numpy as np
import pytest

from ml.serving.live_items import LiveItems

VECTORS = np.array([[1, 0, 0], [0, 1, 0], [0.8, 0.6, 0], [0, 0, 0.1]], np.float32)
QUERY = np.array([2, 0, 1], np.float32)


def _found(items: LiveItems, *asked: Any) -> tuple[str, ...]:
    ids, scores = items.search(*asked)
    assert scores.tolist() == sorted(scores.tolist(), reverse=True)
    return tuple(ids)


@pytest.fixture
def items() -> LiveItems:
    return LiveItems.of(["a", "b", "c", "d"], VECTORS)


def test_the_best_come_first_and_the_excluded_ones_never(items: LiveItems) -> None:
    assert _found(items, QUERY, 3) == ("a", "c", "d")
    assert _found(items, QUERY, 10, {"a", "unknown"}) == ("c", "d", "b")
    assert len(items) == 4


def test_an_item_that_arrives_is_found_in_its_place(items: LiveItems) -> None:
    more = items.updated({"e": np.array([0.9, 0, 0.1], np.float32)}, None)
    assert _found(more, QUERY, 4) == ("a", "e", "c", "d")
    assert _found(more, QUERY, 2, {"a"}) == ("e", "c")
    assert _found(more, QUERY, 9, {"e"}) == ("a", "c", "d", "b")
    assert len(more) == 5
    assert _found(items, QUERY, 9) == ("a", "c", "d", "b"), (
        "a request keeps the state it began with"
    )


def test_an_item_whose_content_changes_is_listed_once(items: LiveItems) -> None:
    more = items.updated({"b": np.array([1.5, 0, 0], np.float32)}, ()).updated({}, ())
    assert _found(more, QUERY, 9) == ("b", "a", "c", "d")
    assert _found(more.updated({"b": np.array([0, 0, 9], np.float32)}, None), QUERY, 2) == (
        "b",
        "a",
    )


def test_vectors_are_those_of_now_in_the_order_of_the_question(items: LiveItems) -> None:
    more = items.updated(
        {"e": np.array([9, 0, 0], np.float32), "b": np.array([1.5, 0, 0], np.float32)}, ["a"]
    )
    found = more.vectors(each for each in ("e", "c", "stranger", "b", "a"))
    assert {item_id: vector.tolist() for item_id, vector in found.items()} == {
        "e": [9, 0, 0],
        "c": VECTORS[2].tolist(),
        "b": [1.5, 0, 0],
        "a": VECTORS[0].tolist(),
    }
    assert list(found) == ["e", "c", "b", "a"]
    assert more.vectors(["stranger"]) == {}


def test_what_leaves_the_catalogue_is_gone_until_it_comes_back(items: LiveItems) -> None:
    more = items.updated({"e": np.array([9, 0, 0], np.float32)}, ["a", "e", "stranger"])
    assert _found(more, QUERY, 9) == ("c", "d", "b")
    assert _found(more.updated({"f": np.array([3, 0, 0], np.float32)}, None), QUERY, 9) == (
        "f",
        "c",
        "d",
        "b",
    )
    assert _found(more.updated({}, ["e"]), QUERY, 9) == ("a", "c", "d", "b")
    assert _found(more.updated({}, []), QUERY, 2) == ("e", "a")
    assert len(more) == 3


def test_the_vectors_are_the_newest_ones_also_of_what_has_left(items: LiveItems) -> None:
    more = items.updated({"b": np.array([1.5, 0, 0], np.float32)}, ["a"])
    found = more.vectors(["a", "b", "nobody"])
    assert {key: vector.tolist() for key, vector in found.items()} == {
        "a": [1, 0, 0],
        "b": [1.5, 0, 0],
    }


def test_nothing_new_is_no_new_state(items: LiveItems) -> None:
    assert items.updated({}, None) is items
    assert items.updated({}, ()) is items
