"""The softmax cross-entropy of many targets a row, with the memory of one matrix of scores."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

_LOWEST = -1e30
_SMALLEST = 1e-30


@dataclass(frozen=True, slots=True)
class Targets:
    """What each row should find, and what it is not asked about."""

    rows: Tensor
    """int64 (n,)"""
    columns: Tensor
    """int64 (n,); no pair of row and column occurs twice."""
    labels: Tensor
    """float32 (n,), weights"""
    left_out: tuple[Tensor, Tensor]
    """Rows and columns of the scores that take no part in the softmax; none of them a target."""


def softmax_loss(
    users: Tensor, items: Tensor, targets: Targets, precision: torch.dtype = torch.float32
) -> Tensor:
    """Sum over the targets of label times -log softmax(users @ items.T)[row, column].

    The gradient is made while the scores are there, in their place: at tens of thousands of items
    the passes over that matrix are what a step costs.

    Args:
        users: float32 (rows, dim).
        items: float32 (columns, dim).
        targets: what each row should find.
        precision: of the factors of the matrix products.
    """
    return _SoftmaxLoss.apply(users, items, targets, precision)  # type: ignore[no-any-return]


class _SoftmaxLoss(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, users: Tensor, items: Tensor, targets: Targets, precision: torch.dtype
    ) -> Tensor:
        rows, columns, labels = targets.rows, targets.columns, targets.labels
        mass = users.new_zeros(len(users)).index_add(0, rows, labels)
        # Copies where the products are of a lower precision; everything between them is float32.
        left, right = users.to(precision), items.to(precision)
        scores = (left @ right.T).float()
        scores[targets.left_out] = -torch.inf
        # A row that is left out altogether has nothing to find: its sum of 0 may not divide.
        peaks = scores.amax(dim=1).clamp(min=_LOWEST)
        wanted = scores[rows, columns] - peaks[rows]
        scores.sub_(peaks[:, None]).exp_()
        sums = scores.sum(dim=1).clamp(min=_SMALLEST)
        loss = (labels * (sums.log()[rows] - wanted)).sum()
        gradient = scores.mul_((mass / sums)[:, None])
        gradient[rows, columns] -= labels
        gradient = gradient.to(precision)
        ctx.save_for_backward((gradient @ right).float(), (gradient.T @ left).float())
        return loss

    @staticmethod
    def backward(ctx: Any, *outputs: Tensor) -> tuple[Tensor, Tensor, None, None]:
        for_users, for_items = ctx.saved_tensors
        return for_users * outputs[0], for_items * outputs[0], None, None
