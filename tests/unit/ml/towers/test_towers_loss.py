from collections.abc import Iterator

import pytest
import torch

from ml.towers.loss import Targets, softmax_loss
from ml.towers.negative_sampling import MixedNegativeSampler, SampledItems


@pytest.mark.parametrize(("dtype", "error"), [(torch.float32, 1e-5), (torch.bfloat16, 0.05)])
def test_value_and_gradients_are_those_of_the_plain_formula(
    dtype: torch.dtype, error: float
) -> None:
    generator = torch.Generator().manual_seed(0)
    users = torch.randn(4, 3, generator=generator, requires_grad=True)
    items = torch.randn(6, 3, generator=generator, requires_grad=True)
    labels = torch.zeros(4, 6)
    labels[0, 1], labels[0, 5], labels[1, 2], labels[3, 0] = 1.0, 0.25, 2.0, 0.5
    masked = torch.zeros(4, 6, dtype=torch.bool)
    masked[0, 2] = masked[1, 0] = masked[1, 5] = True

    logarithms = torch.log_softmax((users @ items.T).masked_fill(masked, -1e9), dim=1)
    plain = -(labels * logarithms).sum()
    expected = torch.autograd.grad(plain, (users, items))
    rows, columns = labels.nonzero(as_tuple=True)
    masked_rows, masked_columns = masked.nonzero(as_tuple=True)
    targets = Targets(rows, columns, labels[rows, columns], (masked_rows, masked_columns))
    fused = softmax_loss(users, items, targets, dtype)
    found = torch.autograd.grad(3 * fused, (users, items))

    torch.testing.assert_close(fused, plain, rtol=error, atol=error)
    for gradient, reference in zip(found, expected, strict=True):
        torch.testing.assert_close(gradient, 3 * reference, rtol=error, atol=error)


def test_a_row_that_is_masked_altogether_adds_nothing() -> None:
    users, items = torch.ones(1, 2, requires_grad=True), torch.ones(3, 2, requires_grad=True)
    none = torch.empty(0, dtype=torch.int64)
    everything = (torch.zeros(3, dtype=torch.int64), torch.arange(3))
    loss = softmax_loss(users, items, Targets(none, none, torch.empty(0), everything))
    gradients = torch.autograd.grad(loss, (users, items))
    assert loss == 0
    assert all(not gradient.any() for gradient in gradients)


def test_the_correction_is_the_probability_of_being_sampled() -> None:
    """Also where an item is in the batches more often, or less, than its popularity says."""
    generator = torch.Generator().manual_seed(0)
    shares = torch.tensor([0.5, 0.1, 0.0, 0.02])

    def batches(number: int) -> Iterator[torch.Tensor]:
        for _ in range(number):
            yield (torch.rand(3, 4, generator=generator) < shares).nonzero()[:, 1]

    sampler = MixedNegativeSampler.over(4, batches(5_000), 2, generator)
    counts, chances = torch.zeros(4), torch.zeros(4)
    for batch in batches(20_000):
        sampled = sampler.sample(batch)
        assert set(batch.tolist()) <= set(sampled.items.tolist())
        counts[sampled.items] += 1
        chances[sampled.items] = torch.exp(-sampled.log_q_correction)
    torch.testing.assert_close(counts / 20_000, chances, atol=0.015, rtol=0)


def test_columns_are_the_positions_in_the_sample() -> None:
    sampled = SampledItems(torch.tensor([2, 5, 9]), torch.zeros(3))
    columns, is_sampled = sampled.columns(torch.tensor([9, 2, 4, 5, 2, 10]))
    assert is_sampled.tolist() == [True, True, False, True, True, False]
    assert columns[is_sampled].tolist() == [2, 0, 1, 0]
