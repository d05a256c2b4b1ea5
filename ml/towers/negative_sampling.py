"""The items that the softmax of a training step runs over: all of them, or a sample."""

import math
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class SampledItems:
    """The items of one softmax."""

    items: Tensor
    """int64 (n,), in ascending order."""
    log_q_correction: Tensor
    """float32 (n,): -log q, where q is the probability that the item is in the sample. It is added
    to the scores (Yi et al. 2019); 0 where all items are in."""

    def columns(self, items: Tensor) -> Tensor:
        """The positions of `items`, all of them sampled, in this sample."""
        return torch.searchsorted(self.items, items)


class NegativeSampler(Protocol):
    """Chooses the items of each step's softmax."""

    def sample(self, batch_items: Tensor, users: int) -> SampledItems:
        """Items for a batch of `users` users with `batch_items`, which are always in the sample."""


@dataclass(frozen=True, slots=True)
class FullSoftmax:
    """All items at each step."""

    everything: SampledItems

    @classmethod
    def over(cls, items: int, device: torch.device) -> "FullSoftmax":
        """The softmax over `items` items."""
        everything = torch.arange(items, device=device)
        return cls(SampledItems(everything, torch.zeros(items, device=device)))

    def sample(self, _batch_items: Tensor, _users: int) -> SampledItems:
        """The same items for each batch."""
        return self.everything


@dataclass(frozen=True, slots=True)
class MixedNegativeSampler:
    """The items of the batch and uniform negatives.

    Mixed negative sampling (Yang et al., "Mixed Negative Sampling for Learning Two-tower Neural
    Networks in Recommendations", 2020) with the log-Q correction of Yi et al., "Sampling-Bias-
    Corrected Neural Modeling for Large Corpus Item Recommendations" (2019).
    """

    user_shares: Tensor
    """float32 (items,): the share of all users who have interacted with the item."""
    uniform_negatives: int
    """Items per step that are sampled uniformly from all."""
    generator: torch.Generator

    def sample(self, batch_items: Tensor, users: int) -> SampledItems:
        """Items for a batch of `users` users with `batch_items`."""
        count = len(self.user_shares)
        uniform = torch.randint(
            count, (self.uniform_negatives,), generator=self.generator, device=self.generator.device
        )
        items = torch.unique(torch.cat([batch_items, uniform]))
        # An item is absent if no user of the batch has it and no uniform negative is it.
        log_absent = users * torch.log1p(-self.user_shares[items].clamp(max=1 - 1e-6))
        log_absent += self.uniform_negatives * math.log1p(-1 / count)
        return SampledItems(items, -torch.log(-torch.expm1(log_absent)))
