"""The softmax cross-entropy with several targets per row, in the memory of its gradient."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ml.native_type import native_type

_MIN_SCORE = -1e30
_MIN_SUM = 1e-30
_SCORES_AT_ONCE = 1 << 22
"""16 MB of float32. The causal encoder has up to 12,800 rows in a step, and as many columns."""


@dataclass(frozen=True, slots=True)
class Targets:
    """What each row should predict, and which scores are masked."""

    rows: Tensor
    """int64 (n,), in ascending order."""
    columns: Tensor
    """int64 (n,); no pair of row and column occurs twice."""
    labels: Tensor
    """float32 (n,), the weights of the targets."""
    masked: tuple[Tensor, Tensor]
    """Rows, in ascending order, and columns of the scores that are left out of the softmax; none of
    them a target."""


def product_dtype(device: torch.device) -> torch.dtype:
    """The type of matrix products: bfloat16 where the processor supports it, else float32.

    bfloat16 halves their time; sums are float32 either way.
    """
    if device.type == "cuda":
        return torch.bfloat16
    return native_type()


def softmax_loss(
    users: Tensor, items: Tensor, targets: Targets, dtype: torch.dtype = torch.float32
) -> Tensor:
    """The sum over the targets of label times -log softmax(users @ items.T)[row, column].

    The forward pass computes the gradient in place of the scores: with tens of thousands of items,
    passes over that matrix dominate the cost of a step. Of some rows at a time, so that only the
    gradient, in the type of the products, is as large as all scores.

    Args:
        users: float32 (rows, dim).
        items: float32 (columns, dim).
        targets: what each row should predict.
        dtype: of the factors of the matrix products.
    """
    return _SoftmaxLoss.apply(users, items, targets, dtype)  # type: ignore[no-any-return]


class _SoftmaxLoss(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, users: Tensor, items: Tensor, targets: Targets, dtype: torch.dtype
    ) -> Tensor:
        # Copies where the products have a lower precision; everything between them is float32.
        left, right = users.to(dtype), items.to(dtype)
        losses = torch.empty_like(targets.labels)
        gradient = left.new_empty(len(left), len(right))
        at_once = max(1, _SCORES_AT_ONCE // max(1, len(right)))
        for first in range(0, len(left), at_once):
            rows = slice(first, first + at_once)
            part, own = _part(targets, first, first + at_once)
            gradient[rows], losses[own] = _block(left[rows] @ right.T, part)
        ctx.save_for_backward((gradient @ right).float(), (gradient.T @ left).float())
        return losses.sum()

    @staticmethod
    def backward(ctx: Any, *outputs: Tensor) -> tuple[Tensor, Tensor, None, None]:
        users_gradient, items_gradient = ctx.saved_tensors
        return users_gradient * outputs[0], items_gradient * outputs[0], None, None


def _part(targets: Targets, start: int, stop: int) -> tuple[Targets, slice]:
    """The targets of some rows, which are counted from 0 there, and their places among all."""
    rows, columns = targets.masked
    own, masked = _between(targets.rows, start, stop), _between(rows, start, stop)
    of_part = Targets(
        rows=targets.rows[own] - start,
        columns=targets.columns[own],
        labels=targets.labels[own],
        masked=(rows[masked] - start, columns[masked]),
    )
    return of_part, own


def _between(ascending: Tensor, start: int, stop: int) -> slice:
    bounds = torch.tensor([start, stop], device=ascending.device)
    return slice(*torch.searchsorted(ascending, bounds).tolist())


def _block(products: Tensor, targets: Targets) -> tuple[Tensor, Tensor]:
    """The gradient of the scores of some rows, float32, and the loss of each of their targets."""
    rows, columns, labels = targets.rows, targets.columns, targets.labels
    scores = products.float()
    mass = scores.new_zeros(len(scores)).index_add(0, rows, labels)
    scores[targets.masked] = -torch.inf
    # A row that is masked altogether has no target; its sum of 0 must not be a divisor.
    peaks = scores.amax(dim=1).clamp(min=_MIN_SCORE)
    target_scores = scores[rows, columns] - peaks[rows]
    scores.sub_(peaks[:, None]).exp_()
    sums = scores.sum(dim=1).clamp(min=_MIN_SUM)
    gradient = scores.mul_((mass / sums)[:, None])
    gradient[rows, columns] -= labels
    return gradient, labels * (sums.log()[rows] - target_scores)
