import numpy as np
import pytest
import torch

from ml.retrieval.score_keys import LargestKeys, bits_of, ordered, scores_of


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
def test_keys_have_the_order_of_the_scores(dtype: torch.dtype) -> None:
    scores = torch.tensor([-torch.inf, -3e38, -2, -1e-30, 0, 1e-30, 1, 1.5, 3e38], dtype=dtype)
    keys = ordered(bits_of(scores))
    assert (np.diff(keys) > 0).all()
    np.testing.assert_array_equal(scores_of(keys), scores.float().numpy())


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
def test_bits_of_positive_scores_are_keys_above_all_others(dtype: torch.dtype) -> None:
    bits = bits_of(torch.tensor([1e-30, 7, -7, -torch.inf], dtype=dtype))
    np.testing.assert_array_equal(bits[:2], ordered(bits[:2]))
    assert bits[2:].max() < 0 < bits[:2].min()


def test_the_largest_keys_of_each_row_are_kept() -> None:
    random = np.random.default_rng(0)
    parts = random.integers(-1000, 1000, (6, 5, 8)).astype(np.int16)
    largest = LargestKeys(5, 11, 8, np.array(-32000, np.int16))
    for number, part in enumerate(parts, 1):
        smallest = largest.add(part)
        ranked = -np.sort(-np.hstack([*parts[:number], np.full((5, 11), -32000)]), axis=1)
        np.testing.assert_array_equal(smallest, ranked[:, 10])
