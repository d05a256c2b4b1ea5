"""The two towers.

The item tower adds an item's id embedding to a linear projection of its content; the user tower
pools the same vectors over the user's history. Trained to predict hidden entries of the history,
this is a denoising autoencoder with tied item embeddings, as Mult-DAE is (Liang et al.,
"Variational Autoencoders for Collaborative Filtering", 2018), that can also encode items and users
which are not in its training data.
"""

import math
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import embedding, embedding_bag, normalize

from ml.towers.causal import CausalEncoder
from ml.towers.config import TowersConfig
from ml.towers.preprocessing import ItemFeatures, Preprocessing, Tokens
from ml.towers.user_encoder import MIN_TOTAL

_MIN_NORM = 1e-6
_INITIAL_NORM = 0.5
"""The expected norm of the embeddings before training; shorter ones change direction faster."""


@dataclass(frozen=True, slots=True)
class FeatureTensors:
    """`ItemFeatures` as tensors."""

    categories: Tensor
    category_starts: Tensor
    category_lengths: Tensor
    numbers: Tensor
    texts: Tensor
    described: Tensor
    """float32 (items,), 1 where the item has any content, else 0."""

    @classmethod
    def of(cls, features: ItemFeatures) -> Self:
        """The same features as tensors."""
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

    def most_specific_categories(self) -> Tensor:
        """The last category of each item, int64 (items,), -1 where it has none."""
        found = torch.full_like(self.category_lengths, -1)
        has_category = self.category_lengths > 0
        last = (self.category_starts + self.category_lengths - 1)[has_category]
        found[has_category] = self.categories[last]
        return found

    def take(self, items: Tensor) -> Self:
        """The features of the items with these indices, int64 (n,)."""
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
    """Indices and the first position of each row, as `embedding_bag` takes them."""
    return torch.from_numpy(tokens.indices), torch.from_numpy(tokens.offsets[:-1])


def ranges(starts: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """The concatenated indices of several ranges, and the range of each index, both int64."""
    numbers = torch.arange(len(starts), device=starts.device)
    rows = torch.repeat_interleave(numbers, lengths)
    first = torch.cumsum(lengths, 0) - lengths
    return torch.arange(len(rows), device=starts.device) + (starts - first)[rows], rows


class ItemContent(nn.Module):
    """A linear projection of an item's content: categories, numbers and texts."""

    def __init__(self, preprocessing: Preprocessing, dim: int, generator: torch.Generator) -> None:
        super().__init__()
        self.category_embedding = _embeddings(len(preprocessing.category_paths), dim, generator)
        self.numeric_projection = _embeddings(preprocessing.number_width, dim, generator)
        self.text_projection = _embeddings(preprocessing.text_width, dim, generator)

    def forward(self, features: FeatureTensors) -> Tensor:
        """Vectors float32 (items, dim), zero for an item without content."""
        vectors = self.categories(features.categories, features.category_starts)
        vectors = vectors + features.numbers @ self.numeric_projection / len(
            self.numeric_projection
        )
        vectors = vectors + features.texts @ self.text_projection
        return vectors * features.described[:, None]

    def categories(self, indices: Tensor, offsets: Tensor) -> Tensor:
        """The mean embedding of each row's categories (rows, dim), zero for an empty row."""
        if not len(indices):
            return self.category_embedding.new_zeros(len(offsets), self.category_embedding.shape[1])
        return embedding_bag(indices, self.category_embedding, offsets, mode="mean")


class Towers(nn.Module):
    """Both towers; they share the item vectors.

    The score of a pair is the cosine of user and item times `scale`, plus the item's bias.
    """

    def __init__(
        self,
        preprocessing: Preprocessing,
        config: TowersConfig,
        generator: torch.Generator | None = None,
    ) -> None:
        """Initialize the weights, on the CPU.

        Embeddings have `config.dim` - 1 dimensions: the last one of a vector holds the bias.
        """
        super().__init__()
        generator = generator or torch.Generator().manual_seed(0)
        items, dim = len(preprocessing.item_ids), config.dim - 1
        self.ids = _embeddings(items, dim, generator)
        self.bias = nn.Parameter(torch.zeros(items))
        self.item_categories: Tensor
        """int64 (items,), the most specific category of each, -1 where it has none."""
        self.register_buffer("item_categories", torch.full((items,), -1))
        self.content = ItemContent(preprocessing, dim, generator)
        self.causal = (
            CausalEncoder(config.causal, dim, generator)
            if config.user_encoder == "causal"
            else None
        )
        self._preference_weight = config.preference_weight
        self._category_exponent = config.category_exponent
        self.has_sparse_gradients = items >= config.sparse_items
        """Whether the gradient of `ids` has the rows of a step's items alone."""
        self.scale = config.scale(items)
        """The score of a cosine of 1, without the bias."""

    def new_item_bias(self) -> Tensor:
        """The bias (1,) of an item without one of its own: the mean of all."""
        return self.bias.mean(dim=0, keepdim=True)

    def items(
        self, features: FeatureTensors, items: Tensor, known: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Unit vectors (n, dim) and biases (n,) of items known at training.

        Args:
            features: of these n items.
            items: int64 (n,), their indices.
            known: float32 (n,), 0 where an item is encoded by its content alone, as a new one is;
                an item without content keeps its id embedding.
        """
        ids = embedding(items, self.ids, sparse=self.has_sparse_gradients)
        bias = self.bias[items]
        if not features.described.any():
            return unit(ids), bias
        known = torch.maximum(known, 1 - features.described)
        vectors = ids * known[:, None] + self.content(features)
        return unit(vectors), torch.lerp(self.new_item_bias(), bias, known)

    def users(
        self,
        pooled: Tensor,
        confidence: Tensor,
        preferred: Tensor,
        encoded: Tensor | None = None,
    ) -> Tensor:
        """Unit vectors of users (users, dim), zero for a user without history and preferences.

        Args:
            pooled: (users, dim), weighted sums of item vectors, in any scale.
            confidence: (users,), the total confidence weight of the history.
            preferred: (users, dim), unit vectors of their preferences.
            encoded: (users, dim), what the causal encoder makes of their histories, in any scale;
                zero for a user without history.
        """
        history = unit(pooled)
        if self.causal is not None and encoded is not None:
            history = unit(unit(encoded) + self.causal.pooled_weight * history)
        return unit(history * (confidence / self._preference_weight)[:, None] + preferred)

    def dampened(self, weights: Tensor, users: Tensor, items: Tensor) -> Tensor:
        """The weights of entries for pooling, lower where a user has much of one category.

        Args:
            weights: float32 (entries,).
            users: int64 (entries,).
            items: int64 (entries,).
        """
        categories = self.item_categories[items]
        has_category = categories >= 0
        if not self._category_exponent or not has_category.any():
            return weights
        keys = users * len(self.content.category_embedding) + categories
        _, runs = torch.unique(keys[has_category], return_inverse=True)
        own = weights[has_category]
        totals = own.new_zeros(int(runs.max()) + 1).index_add(0, runs, own.abs())
        factors = totals.clamp(min=MIN_TOTAL) ** -self._category_exponent
        return weights.masked_scatter(has_category, own * factors[runs])

    def preferred(self, preferences: tuple[Tensor, Tensor]) -> Tensor:
        """Unit vectors of preferences (users, dim), zero for a user without any.

        Args:
            preferences: category indices, and the first index of each user.
        """
        return unit(self.content.categories(*preferences))


def pool(vectors: Tensor, items: Tensor, offsets: Tensor, weights: Tensor) -> Tensor:
    """Weighted sums of item vectors (users, dim); the entries of user u begin at offsets[u]."""
    if not len(items):
        return vectors.new_zeros(len(offsets), vectors.shape[1])
    return embedding_bag(items, vectors, offsets, mode="sum", per_sample_weights=weights)


def unit(vectors: Tensor) -> Tensor:
    """The vectors scaled to norm 1; zero vectors stay zero."""
    return normalize(vectors, dim=1, eps=_MIN_NORM)


def _embeddings(count: int, dim: int, generator: torch.Generator) -> nn.Parameter:
    return nn.Parameter(
        torch.randn(count, dim, generator=generator) * _INITIAL_NORM / math.sqrt(dim)
    )
