"""The softmax cross-entropy with several targets per row, in the memory of one score matrix."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

_MIN_SCORE = -1e30
_MIN_SUM = 1e-30


@dataclass(frozen=True, slots=True)
class Targets:
    """What each row should predict, and which scores are masked."""

    rows: Tensor
    """int64 (n,)."""
    columns: Tensor
    """int64 (n,); no pair of row and column occurs twice."""
    labels: Tensor
    """float32 (n,), the weights of the targets."""
    masked: tuple[Tensor, Tensor]
    """Rows and columns of the scores that are left out of the softmax; none of them a target."""


def product_dtype(device: torch.device) -> torch.dtype:
    """The type of matrix products: bfloat16 where the processor supports it, else float32.

    bfloat16 halves their time; sums are float32 either way.
    """
    if device.type == "cuda":
        return torch.bfloat16
    able = torch.cpu.get_capabilities()
    return torch.bfloat16 if able.get("avx512_bf16") or able.get("amx_bf16") else torch.float32


def softmax_loss(
    users: Tensor, items: Tensor, targets: Targets, dtype: torch.dtype = torch.float32
) -> Tensor:
    """The sum over the targets of label times -log softmax(users @ items.T)[row, column].

    The forward pass computes the gradient in place of the scores: with tens of thousands of items,
    passes over that matrix dominate the cost of a step.

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
        rows, columns, labels = targets.rows, targets.columns, targets.labels
        mass = users.new_zeros(len(users)).index_add(0, rows, labels)
        # Copies where the products have a lower precision; everything between them is float32.
        left, right = users.to(dtype), items.to(dtype)
        scores = (left @ right.T).float()
        scores[targets.masked] = -torch.inf
        # A row that is masked altogether has no target; its sum of 0 must not be a divisor.
        peaks = scores.amax(dim=1).clamp(min=_MIN_SCORE)
        target_scores = scores[rows, columns] - peaks[rows]
        scores.sub_(peaks[:, None]).exp_()
        sums = scores.sum(dim=1).clamp(min=_MIN_SUM)
        loss = (labels * (sums.log()[rows] - target_scores)).sum()
        gradient = scores.mul_((mass / sums)[:, None])
        gradient[rows, columns] -= labels
        gradient = gradient.to(dtype)
        ctx.save_for_backward((gradient @ right).float(), (gradient.T @ left).float())
        return loss

    @staticmethod
    def backward(ctx: Any, *outputs: Tensor) -> tuple[Tensor, Tensor, None, None]:
        users_gradient, items_gradient = ctx.saved_tensors
        return users_gradient * outputs[0], items_gradient * outputs[0], None, None
