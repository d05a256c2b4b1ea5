"""The two towers.

The item tower adds an item's own embedding to a linear image of its content; the user tower pools
the same vectors over the user's history. Trained to give back hidden entries of the history, this
is a denoising autoencoder with tied item embeddings (Liang et al., "Variational Autoencoders for
Collaborative Filtering", 2018) that can also encode items and users it has never met.
"""

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import embedding_bag, normalize

from ml.towers.config import TowersConfig
from ml.towers.preprocessing import ItemFeatures, Preprocessing, Tokens

_SMALLEST_NORM = 1e-6


class FeatureTensors:
    """`ItemFeatures` as torch takes them."""

    def __init__(self, features: ItemFeatures) -> None:
        self.categories, self.category_offsets = token_tensors(features.categories)
        self.numbers = torch.from_numpy(features.numbers)
        self.texts = torch.from_numpy(features.texts)
        self.described = torch.from_numpy(features.described.astype(np.float32))
        self.any_described = bool(features.described.any())


def token_tensors(tokens: Tokens) -> tuple[Tensor, Tensor]:
    """Indices and starts of rows, as `embedding_bag` takes them."""
    return torch.from_numpy(tokens.indices), torch.from_numpy(tokens.offsets[:-1])


class ItemContent(nn.Module):
    """A linear image of what is known of an item: categories, numbers and texts."""

    def __init__(self, preprocessing: Preprocessing, dim: int, generator: torch.Generator) -> None:
        super().__init__()
        widths = {
            "categories": len(preprocessing.category_names),
            "numbers": preprocessing.number_width,
            "texts": preprocessing.text_width,
        }
        self.weights = nn.ParameterDict(
            {
                name: nn.Parameter(torch.randn(width, dim, generator=generator) / math.sqrt(dim))
                for name, width in widths.items()
            }
        )

    def forward(self, features: FeatureTensors) -> Tensor:
        """Vectors (items, dim), zero for an item of which nothing is known."""
        vectors = self.categories(features.categories, features.category_offsets)
        vectors = vectors + features.numbers @ self.weights["numbers"] / features.numbers.shape[1]
        if features.texts.shape[1]:
            vectors = vectors + features.texts @ self.weights["texts"]
        return vectors * features.described[:, None]

    def categories(self, indices: Tensor, offsets: Tensor) -> Tensor:
        """The mean of each row's categories (rows, dim), zero for a row without any."""
        table = self.weights["categories"]
        if not len(indices):
            return table.new_zeros(len(offsets), table.shape[1])
        return embedding_bag(indices, table, offsets, mode="mean")


class Towers(nn.Module):
    """Both towers; they share the items' vectors.

    A score is the cosine of user and item divided by the temperature, plus the item's bias.
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
        self.ids = nn.Parameter(torch.randn(items, dim, generator=generator) / math.sqrt(dim))
        self.bias = nn.Parameter(torch.zeros(items))
        self.content = ItemContent(preprocessing, dim, generator)
        self._preference_weight = config.preference_weight

    def newcomer_bias(self) -> Tensor:
        """The bias (1,) of an item that has none of its own."""
        return self.bias.mean(dim=0, keepdim=True)

    def items(self, features: FeatureTensors, known: Tensor) -> tuple[Tensor, Tensor]:
        """Vectors (items, dim) and biases (items,) of the items known at training.

        Args:
            features: of all those items.
            known: (items,), 0 where an item is to be encoded as if it were new; an item of which
                nothing else is known keeps its id.
        """
        if not features.any_described:
            return self.ids, self.bias
        known = torch.maximum(known, 1 - features.described)
        vectors = self.ids * known[:, None] + self.content(features)
        return vectors, torch.lerp(self.newcomer_bias(), self.bias, known)

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
