import numpy as np
import pytest

from ml.evaluation.beyond_accuracy import coverage, novelty

RANKED = np.array([[0, 1, 2], [0, 1, -1], [-1, -1, -1]])


def test_coverage_is_the_share_of_items_in_any_list() -> None:
    assert coverage(RANKED, 12) == 3 / 12
    assert coverage(RANKED[2:], 12) == 0


def test_novelty_is_the_mean_self_information_of_lists_that_hold_something() -> None:
    # Of 8 users 8, 4 and 1 have met the items: 0, 1 and 3 bits.
    users_by_item = np.array([8, 4, 1])
    assert novelty(RANKED, users_by_item, 8) == pytest.approx(((0 + 1 + 3) / 3 + (0 + 1) / 2) / 2)


def test_without_lists_there_is_no_novelty() -> None:
    assert novelty(RANKED[2:], np.array([8, 4, 1]), 8) == 0
