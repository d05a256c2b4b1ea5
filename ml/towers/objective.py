"""What a training run minimizes; `ml.towers.denoising` and `ml.towers.next_item` implement it."""

from collections.abc import Callable, Iterator
from typing import Protocol

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

    def optimizer(self, towers: Towers) -> torch.optim.Optimizer:
        """The optimizer of a run, with its initial learning rates."""

    def losses(self, towers: Towers, encode: Encode) -> Iterator[Tensor]:
        """The loss of each batch of an epoch, to be minimized one after the other."""
