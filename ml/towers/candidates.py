"""The items that a softmax runs over: all of them, or a sample corrected for its bias."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Candidates:
    """Items in rising order, with what the softmax adds to each score."""

    items: Tensor
    """int64 (candidates,)"""
    correction: Tensor
    """float32 (candidates,): minus the logarithm of the chance to be among the candidates."""

    def positions(self, items: Tensor) -> Tensor:
        """Where each of `items`, all of them candidates, stands among them."""
        return torch.searchsorted(self.items, items)


@dataclass(frozen=True, slots=True)
class FullSoftmax:
    """Every item, at every step."""

    everything: Candidates

    @classmethod
    def over(cls, items: int, device: torch.device) -> "FullSoftmax":
        """All of `items` items."""
        everything = torch.arange(items, device=device)
        return cls(Candidates(everything, torch.zeros(items, device=device)))

    def draw(self, _met: Tensor, _rows: int) -> Candidates:
        """The same for every batch."""
        return self.everything


@dataclass(frozen=True, slots=True)
class SampledSoftmax:
    """The items of the batch, and some drawn evenly from all.

    Mixed negative sampling (Yang et al. 2020) with the correction for frequent items of Yi et al.,
    "Sampling-bias-corrected neural modeling" (2019).
    """

    shares: Tensor
    """float32 (items,): share of the users who have met an item."""
    uniform: int
    """Items drawn evenly a step."""
    generator: torch.Generator

    def draw(self, met: Tensor, rows: int) -> Candidates:
        """Candidates for a batch of `rows` users who have met these items."""
        count = len(self.shares)
        even = torch.randint(
            count, (self.uniform,), generator=self.generator, device=self.generator.device
        )
        items = torch.unique(torch.cat([met, even]))
        # Absent is what no user of the batch brings and no draw hits.
        absent = rows * torch.log1p(-self.shares[items].clamp(max=1 - 1e-6))
        absent += self.uniform * math.log1p(-1 / count)
        return Candidates(items, -torch.log(-torch.expm1(absent)))
