import numpy as np
import pytest
import scipy.sparse

from ml.evaluation.metrics import HIT_RATE, NDCG, RECALL, coverage, hits_at_k, novelty
from ml.evaluation.protocol import score_lists
from streams.errors import ContractError

RANKED = np.array([[0, 1, 2], [3, -1, -1], [4, 3, 2], [1, 2, 3]])
HELD_OUT = scipy.sparse.csr_array(
    np.array(
        [
            [1, 0, 1, 0, 0],  # places 1 and 3 of its list
            [0, 0, 0, 0, 1],  # a list of one, a miss
            [1, 1, 1, 1, 0],  # places 2 and 3, of four held out
            [0, 0, 0, 0, 0],  # nothing held out: does not count
        ],
        dtype=bool,
    )
)
SECOND, THIRD = 1 / np.log2(3), 1 / np.log2(4)


def test_recall() -> None:
    assert RECALL.mean(hits_at_k(RANKED, HELD_OUT, 3)) == pytest.approx((1 + 0 + 2 / 4) / 3)
    assert RECALL.mean(hits_at_k(RANKED, HELD_OUT, 1)) == pytest.approx((1 / 2 + 0 + 0) / 3)


def test_ndcg_has_an_ideal_of_no_more_than_k_items() -> None:
    first = (1 + THIRD) / (1 + SECOND)
    third = (SECOND + THIRD) / (1 + SECOND + THIRD)
    assert NDCG.mean(hits_at_k(RANKED, HELD_OUT, 3)) == pytest.approx((first + 0 + third) / 3)
    assert NDCG.mean(hits_at_k(RANKED, HELD_OUT, 1)) == pytest.approx(1 / 3)


def test_hit_rate() -> None:
    assert HIT_RATE.mean(hits_at_k(RANKED, HELD_OUT, 3)) == pytest.approx(2 / 3)
    assert HIT_RATE.mean(hits_at_k(RANKED, HELD_OUT, 1)) == pytest.approx(1 / 3)


def test_no_place_in_a_list_is_never_a_hit() -> None:
    everything = scipy.sparse.csr_array(np.ones((1, 2), bool))
    assert RECALL.mean(hits_at_k(np.array([[-1, -1]]), everything, 2)) == 0


def test_shapes_are_checked() -> None:
    with pytest.raises(ContractError, match="do not fit"):
        RECALL.mean(hits_at_k(RANKED[:2], HELD_OUT, 3))
    with pytest.raises(ContractError, match="lists have 3 places"):
        NDCG.mean(hits_at_k(RANKED, HELD_OUT, 4))


def test_lists_by_id_score_as_the_arrays_do() -> None:
    lists = {"a": ["0", "1", "2"], "b": ["3"], "c": ["4", "3", "2"], "d": ["1", "2", "3"]}
    held_out = {"a": {"0", "2"}, "b": {"4"}, "c": {"0", "1", "2", "3"}, "d": set()}
    scores = score_lists(lists, held_out, 3)
    assert scores[RECALL] == pytest.approx(RECALL.mean(hits_at_k(RANKED, HELD_OUT, 3)))
    assert scores[NDCG] == pytest.approx(NDCG.mean(hits_at_k(RANKED, HELD_OUT, 3)))
    assert scores.users == 3


def test_users_without_a_list_and_items_of_no_list_are_misses() -> None:
    scores = score_lists({"a": ["x", "y"]}, {"a": ["x", "gone"], "new": ["x"]}, 20)
    assert scores.users == 2
    assert scores[RECALL] == pytest.approx((1 / 2 + 0) / 2)


def test_what_is_behind_k_does_not_count() -> None:
    assert score_lists({"a": ["x", "y"]}, {"a": ["y"]}, 1)[RECALL] == 0


def test_a_list_with_a_repetition_is_refused() -> None:
    with pytest.raises(ContractError, match="'a' names an item twice"):
        score_lists({"a": ["x", "x"]}, {"a": ["x"]}, 2)


def test_nothing_held_out_scores_nothing() -> None:
    assert score_lists({"a": ["x"]}, {}, 5).users == 0


LISTS = np.array([[0, 1, 2], [0, 1, -1], [-1, -1, -1]])


def test_coverage_is_the_share_of_items_in_any_list() -> None:
    assert coverage(LISTS, 12) == 3 / 12
    assert coverage(LISTS[2:], 12) == 0


def test_novelty_is_the_mean_self_information_of_lists_that_hold_something() -> None:
    # Of 8 users 8, 4 and 1 have seen the items: 0, 1 and 3 bits.
    users_by_item = np.array([8, 4, 1])
    assert novelty(LISTS, users_by_item, 8) == pytest.approx(((0 + 1 + 3) / 3 + (0 + 1) / 2) / 2)


def test_without_lists_there_is_no_novelty() -> None:
    assert novelty(LISTS[2:], np.array([8, 4, 1]), 8) == 0
