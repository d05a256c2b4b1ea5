"""The items that the softmax of a training step runs over: a sample of all."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class SampledItems:
    """The items of one softmax."""

    items: Tensor
    """int64 (n,), in ascending order."""
    log_q_correction: Tensor
    """float32 (n,): -log q, where q is the probability that the item is in the sample. It is added
    to the scores (Yi et al. 2019)."""

    def columns(self, items: Tensor) -> tuple[Tensor, Tensor]:
        """The position of each of `items` in this sample, and whether it is there at all."""
        columns = torch.searchsorted(self.items, items).clamp(max=len(self.items) - 1)
        return columns, self.items[columns] == items


@dataclass(frozen=True, slots=True)
class MixedNegativeSampler:
    """The items of the batch and uniform negatives.

    Mixed negative sampling (Yang et al., "Mixed Negative Sampling for Learning Two-tower Neural
    Networks in Recommendations", 2020) with the log-Q correction of Yi et al., "Sampling-Bias-
    Corrected Neural Modeling for Large Corpus Item Recommendations" (2019).
    """

    log_q_correction: Tensor
    """float32 (items,): -log of the probability that the item is in a sample."""
    uniform_negatives: int
    """Items per step that are sampled uniformly from all."""
    generator: torch.Generator

    @classmethod
    def over(
        cls,
        items: int,
        batches: Iterable[Tensor],
        uniform_negatives: int,
        generator: torch.Generator,
    ) -> "MixedNegativeSampler":
        """A sampler for batches like these, from which it estimates the probabilities.

        Args:
            items: their number.
            batches: the items of each of some batches, int64 (n,).
            uniform_negatives: per step.
            generator: of the negatives.
        """
        counts = torch.zeros(items, device=generator.device)
        number = 0
        for batch_items in batches:
            counts[torch.unique(batch_items)] += 1
            number += 1
        # An item is absent if the batch does not have it and no uniform negative is it.
        log_absent = torch.log1p(-(counts / max(number, 1)).clamp(max=1 - 1e-6))
        log_absent += uniform_negatives * math.log1p(-1 / max(items, 2))
        return cls(-torch.log(-torch.expm1(log_absent)), uniform_negatives, generator)

    def sample(self, batch_items: Tensor) -> SampledItems:
        """Items for a batch with `batch_items`."""
        uniform = torch.randint(
            len(self.log_q_correction),
            (self.uniform_negatives,),
            generator=self.generator,
            device=self.generator.device,
        )
        items = torch.unique(torch.cat([batch_items, uniform]))
        return SampledItems(items, self.log_q_correction[items])
