"""What a training run minimizes; `ml.towers.denoising` and `ml.towers.next_item` implement it."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import torch
from torch import Tensor

from ml.towers.model import Towers

Encode = Callable[[Tensor], tuple[Tensor, Tensor]]
"""Unit vectors and biases of the items with these indices, some by their content alone."""


class Objective(Protocol):
    """A loss over batches of the training data."""

    popularity: Tensor
    """How many users have each item with a positive confidence weight, float32 (items,)."""
    steps: int
    """Batches of an epoch."""
    epochs: int

    def optimizers(self, towers: Towers) -> list[torch.optim.Optimizer]:
        """The optimizers of a run, with their initial learning rates."""

    def losses(self, towers: Towers, encode: Encode) -> Iterator[Tensor]:
        """The loss of each batch of an epoch, to be minimized one after the other."""


def adam(
    towers: Towers, learning_rate: float, groups: list[dict[str, Any]] | None = None
) -> list[torch.optim.Optimizer]:
    """Adam for the parameters of both towers, lazy for id embeddings with sparse gradients.

    Args:
        towers: both.
        learning_rate: of all parameters that are in no group.
        groups: parameters with a learning rate of their own, as optimizers take them.
    """
    apart = {id(each) for group in groups or () for each in group["params"]}
    if towers.has_sparse_gradients:
        apart.add(id(towers.ids))
    others = [each for each in towers.parameters() if id(each) not in apart]
    dense = [*(groups or ()), {"params": others, "lr": learning_rate}]
    optimizers: list[torch.optim.Optimizer] = [torch.optim.Adam(dense, fused=True)]
    if towers.has_sparse_gradients:
        optimizers.append(torch.optim.SparseAdam([towers.ids], lr=learning_rate))
    return optimizers
