"""The two towers.

The item tower adds an item's own embedding to a linear image of its content; the user tower pools
the same vectors over the user's history. Trained to give back hidden entries of the history, this
is a denoising autoencoder with tied item embeddings (Liang et al., "Variational Autoencoders for
Collaborative Filtering", 2018) that can also encode items and users it has never met.
"""

import math
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import embedding_bag, normalize

from ml.towers.config import TowersConfig
from ml.towers.preprocessing import ItemFeatures, Preprocessing, Tokens

_SMALLEST_NORM = 1e-6
_START = 0.5
"""Length of the embeddings before training; shorter ones turn faster."""


@dataclass(frozen=True, slots=True)
class FeatureTensors:
    """`ItemFeatures` as torch takes them."""

    categories: Tensor
    category_starts: Tensor
    category_lengths: Tensor
    numbers: Tensor
    texts: Tensor
    described: Tensor
    """float32, 1 where anything is known of the item"""

    @classmethod
    def of(cls, features: ItemFeatures) -> Self:
        """The same features."""
        categories, starts = token_tensors(features.categories)
        return cls(
            categories=categories,
            category_starts=starts,
            category_lengths=torch.from_numpy(features.categories.offsets).diff(),
            numbers=torch.from_numpy(features.numbers),
            texts=torch.from_numpy(features.texts),
            described=torch.from_numpy(features.described.astype(np.float32)),
        )

    def to(self, device: torch.device) -> Self:
        """The same features on a device."""
        return type(self)(*(getattr(self, field.name).to(device) for field in fields(self)))

    def take(self, items: Tensor) -> Self:
        """The features of some of the items, by their indices."""
        lengths = self.category_lengths[items]
        entries, _ = ranges(self.category_starts[items], lengths)
        return type(self)(
            categories=self.categories[entries],
            category_starts=torch.cumsum(lengths, 0) - lengths,
            category_lengths=lengths,
            numbers=self.numbers[items],
            texts=self.texts[items],
            described=self.described[items],
        )


def token_tensors(tokens: Tokens) -> tuple[Tensor, Tensor]:
    """Indices and starts of rows, as `embedding_bag` takes them."""
    return torch.from_numpy(tokens.indices), torch.from_numpy(tokens.offsets[:-1])


def ranges(starts: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """The indices of several ranges one after another, and the range that each belongs to."""
    numbers = torch.arange(len(starts), device=starts.device)
    rows = torch.repeat_interleave(numbers, lengths)
    first = torch.cumsum(lengths, 0) - lengths
    return torch.arange(len(rows), device=starts.device) + (starts - first)[rows], rows


class ItemContent(nn.Module):
    """A linear image of what is known of an item: categories, numbers and texts."""

    def __init__(self, preprocessing: Preprocessing, dim: int, generator: torch.Generator) -> None:
        super().__init__()
        self.of_category = _embeddings(len(preprocessing.category_paths), dim, generator)
        self.of_number = _embeddings(preprocessing.number_width, dim, generator)
        self.of_text = _embeddings(preprocessing.text_width, dim, generator)

    def forward(self, features: FeatureTensors) -> Tensor:
        """Vectors (items, dim), zero for an item of which nothing is known."""
        vectors = self.categories(features.categories, features.category_starts)
        vectors = vectors + features.numbers @ self.of_number / len(self.of_number)
        vectors = vectors + features.texts @ self.of_text
        return vectors * features.described[:, None]

    def categories(self, indices: Tensor, offsets: Tensor) -> Tensor:
        """The mean of each row's categories (rows, dim), zero for a row without any."""
        if not len(indices):
            return self.of_category.new_zeros(len(offsets), self.of_category.shape[1])
        return embedding_bag(indices, self.of_category, offsets, mode="mean")


class Towers(nn.Module):
    """Both towers; they share the items' vectors.

    A score is the cosine of user and item times `scale`, plus the item's bias.
    """

    def __init__(
        self,
        preprocessing: Preprocessing,
        config: TowersConfig,
        generator: torch.Generator | None = None,
    ) -> None:
        """The cosine has one dimension less than the vectors, whose last place is the bias's."""
        super().__init__()
        generator = generator or torch.Generator().manual_seed(0)
        items, dim = len(preprocessing.item_ids), config.dim - 1
        self.ids = _embeddings(items, dim, generator)
        self.bias = nn.Parameter(torch.zeros(items))
        self.content = ItemContent(preprocessing, dim, generator)
        self._preference_weight = config.preference_weight
        self.scale = max(items, 2) ** 0.25 / config.temperature
        """What a cosine of 1 adds to a score."""

    def newcomer_bias(self) -> Tensor:
        """The bias (1,) of an item that has none of its own."""
        return self.bias.mean(dim=0, keepdim=True)

    def items(
        self, features: FeatureTensors, items: Tensor, known: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Unit vectors (n, dim) and biases (n,) of items known at training.

        Args:
            features: of those n items.
            items: int64 (n,), which they are.
            known: float32 (n,), 0 where an item is to be encoded as if it were new; an item of
                which nothing else is known keeps its id.
        """
        ids, bias = self.ids[items], self.bias[items]
        if not features.described.any():
            return unit(ids), bias
        known = torch.maximum(known, 1 - features.described)
        vectors = ids * known[:, None] + self.content(features)
        return unit(vectors), torch.lerp(self.newcomer_bias(), bias, known)

    def users(self, pooled: Tensor, evidence: Tensor, preferences: tuple[Tensor, Tensor]) -> Tensor:
        """Unit vectors of users (users, dim), zero for a user of whom nothing is known.

        Args:
            pooled: (users, dim), weighted sums of item vectors, in any scale.
            evidence: (users,), how much there is in the history, 1 being one purchase.
            preferences: categories, and where each user's begin among them.
        """
        preferred = unit(self.content.categories(*preferences))
        history = unit(pooled) * (evidence / self._preference_weight)[:, None]
        return unit(history + preferred)


def pool(vectors: Tensor, items: Tensor, offsets: Tensor, weights: Tensor) -> Tensor:
    """Weighted sums of item vectors (users, dim); user u's entries begin at offsets[u]."""
    if not len(items):
        return vectors.new_zeros(len(offsets), vectors.shape[1])
    return embedding_bag(items, vectors, offsets, mode="sum", per_sample_weights=weights)


def unit(vectors: Tensor) -> Tensor:
    """Vectors of length 1; those that are zero stay zero."""
    return normalize(vectors, dim=1, eps=_SMALLEST_NORM)


def _embeddings(count: int, dim: int, generator: torch.Generator) -> nn.Parameter:
    return nn.Parameter(torch.randn(count, dim, generator=generator) * _START / math.sqrt(dim))
