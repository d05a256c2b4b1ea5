from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from ml.towers import loss
from ml.towers.loss import Targets, softmax_loss
from ml.towers.negative_sampling import MixedNegativeSampler, SampledItems


@pytest.mark.parametrize("rows_at_once", [1, 3, 4])
@pytest.mark.parametrize(("dtype", "error"), [(torch.float32, 1e-5), (torch.bfloat16, 0.05)])
def test_value_and_gradients_are_those_of_the_plain_formula(
    dtype: torch.dtype, error: float, rows_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loss, "_SCORES_AT_ONCE", 6 * rows_at_once)
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
    nothing = softmax_loss(users, items, Targets(none, none, torch.empty(0), everything))
    gradients = torch.autograd.grad(nothing, (users, items))
    assert nothing == 0
    assert all(not gradient.any() for gradient in gradients)


def test_only_the_gradient_is_as_large_as_all_scores() -> None:
    """The causal encoder's largest step on RetailRocket has twice as many scores."""
    users, items = torch.ones(8192, 2), torch.ones(6400, 2)
    rows, none = torch.arange(len(users)), torch.empty(0, dtype=torch.int64)
    targets = Targets(rows, rows % len(items), torch.ones(len(users)), (none, none))
    # From here on the kernel counts the peak anew.
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = _megabytes("VmRSS")
    softmax_loss(users, items, targets, torch.bfloat16)
    gradient = 2 * len(users) * len(items) / 1e6
    assert _megabytes("VmHWM") - before < 1.5 * gradient + 64


def _megabytes(field: str) -> float:
    """10^6 bytes, of this process."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith(field))


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
