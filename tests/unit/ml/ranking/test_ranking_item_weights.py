import numpy as np
import scipy.sparse

from ml.ranking.item_weights import best_unseen, neighbours_kept, strongest


def test_each_row_keeps_its_strongest_weights_of_either_sign() -> None:
    blocks = [
        np.array([[0, -5, 1, 2]], dtype=np.float32),
        np.array([[3, 0, 0.5, -4], [1, 1, 0, 0]], dtype=np.float32),
    ]
    kept = strongest(blocks, 2)
    np.testing.assert_array_equal(kept.toarray(), [[0, -5, 0, 2], [3, 0, 0, -4], [1, 1, 0, 0]])
    assert kept.dtype == np.float32


def test_small_catalogues_keep_all_and_large_ones_a_few() -> None:
    assert neighbours_kept(50) == 50
    assert neighbours_kept(3_000) == 400
    assert neighbours_kept(20_000) == 200
    assert neighbours_kept(1_000_000) == 100


def test_what_is_seen_or_has_no_score_is_not_proposed() -> None:
    scores = scipy.sparse.csr_array(
        np.array([[0, 3, 2, 5, 0], [0, 0, 0, 0, 0], [1, -1, 0, 0, 1]], dtype=np.float32)
    )
    seen = scipy.sparse.csr_array(
        np.array([[0, 0, 0, 1, 1], [1, 0, 0, 0, 0], [0, 0, 0, 0, 0]], dtype=bool)
    )
    expected = [[1, 2, -1, -1], [-1, -1, -1, -1], [0, 4, 1, -1]]
    np.testing.assert_array_equal(best_unseen(scores, seen, 4), expected)
