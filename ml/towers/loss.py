"""The softmax cross-entropy of many targets a row, with the memory of one matrix of scores."""

from typing import Any

import torch
from torch import Tensor


class Targets:
    """What each row should find; the entries are in no particular order."""

    def __init__(self, rows: Tensor, columns: Tensor, labels: Tensor) -> None:
        """Args: int64 (n,), int64 (n,) without repetition of a pair, float32 (n,) weights."""
        self.rows, self.columns, self.labels = rows, columns, labels


def softmax_loss(users: Tensor, items: Tensor, targets: Targets) -> Tensor:
    """Sum over the targets of label times -log softmax(users @ items.T)[row, column].

    The gradient is made while the scores are there, in their place: at tens of thousands of items
    the passes over that matrix are what a step costs.

    Args:
        users: float32 (rows, dim).
        items: float32 (columns, dim).
        targets: what each row should find.
    """
    return _SoftmaxLoss.apply(users, items, targets)  # type: ignore[no-any-return, no-untyped-call]


class _SoftmaxLoss(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, users: Tensor, items: Tensor, targets: Targets) -> Tensor:
        rows, columns, labels = targets.rows, targets.columns, targets.labels
        mass = users.new_zeros(len(users)).index_add(0, rows, labels)
        scores = users @ items.T
        peaks = scores.amax(dim=1)
        wanted = scores[rows, columns] - peaks[rows]
        scores.sub_(peaks[:, None]).exp_()
        sums = scores.sum(dim=1)
        loss = (labels * (sums.log()[rows] - wanted)).sum()
        gradient = scores.mul_((mass / sums)[:, None])
        gradient[rows, columns] -= labels
        ctx.save_for_backward(gradient @ items, gradient.T @ users)
        return loss

    @staticmethod
    def backward(ctx: Any, *outputs: Tensor) -> tuple[Tensor, Tensor, None]:
        for_users, for_items = ctx.saved_tensors
        return for_users * outputs[0], for_items * outputs[0], None
