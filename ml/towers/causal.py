"""The causal encoder: a user's newest entries in their order, each seeing those before it.

One pre-norm transformer block with one head (Vaswani et al. 2017; Kang & McAuley, "Self-Attentive
Sequential Recommendation", 2018) whose attention learns a bias by distance instead of embeddings of
positions (Raffel et al. 2020). It is trained here, in torch; `ml.towers.causal_inference` evaluates
the same weights in numpy.
"""

import math
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, layer_norm

from ml.towers.config import CausalConfig

EXPANSION = 2
"""The width of the feed-forward layer, in dimensions of the vectors."""
_INITIAL_DEVIATION = 0.02
_HIDDEN = -1e9


class CausalEncoder(nn.Module):
    """Reads sequences of item vectors; see the module."""

    def __init__(self, config: CausalConfig, dim: int, generator: torch.Generator) -> None:
        super().__init__()
        self._config = config
        self.distance_bias = nn.Parameter(torch.zeros(config.length))
        self.attention_scale = nn.Parameter(torch.ones(dim))
        self.attention_shift = nn.Parameter(torch.zeros(dim))
        self.query_key_value = _weights(dim, 3 * dim, generator)
        self.query_key_value_bias = nn.Parameter(torch.zeros(3 * dim))
        self.output = _weights(dim, dim, generator)
        self.output_bias = nn.Parameter(torch.zeros(dim))
        self.feed_forward_scale = nn.Parameter(torch.ones(dim))
        self.feed_forward_shift = nn.Parameter(torch.zeros(dim))
        self.expansion = _weights(dim, EXPANSION * dim, generator)
        self.expansion_bias = nn.Parameter(torch.zeros(EXPANSION * dim))
        self.contraction = _weights(EXPANSION * dim, dim, generator)
        self.contraction_bias = nn.Parameter(torch.zeros(dim))
        self.final_scale = nn.Parameter(torch.ones(dim))
        self.final_shift = nn.Parameter(torch.zeros(dim))
        self.pooled_weight = nn.Parameter(torch.tensor([config.pooled_weight]))

    def forward(self, entries: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """The encoded history up to each entry, in any scale, float32 (sequences, length, dim).

        Args:
            entries: weighted item vectors, float32 (sequences, length, dim), from the oldest to the
                newest, and then zeros.
            generator: of the dropout in training; None is without dropout.
        """
        length, dim = entries.shape[1:]
        dropout = partial(_dropout, rate=self._config.dropout, generator=generator)
        x = _dropout(entries * math.sqrt(dim), self._config.input_dropout, generator)
        normed = layer_norm(x, (dim,), self.attention_scale, self.attention_shift)
        projected = normed @ self.query_key_value + self.query_key_value_bias
        query, key, value = torch.split(projected, dim, dim=2)
        places = torch.arange(length, device=x.device)
        distances = places[:, None] - places[None, :]
        bias = self.distance_bias[distances.clamp(min=0)]
        bias = bias.masked_fill(distances < 0, _HIDDEN)
        attention = torch.softmax(query @ key.transpose(1, 2) / math.sqrt(dim) + bias, dim=2)
        attended = dropout(attention) @ value
        x = x + dropout(attended @ self.output + self.output_bias)
        normed = layer_norm(x, (dim,), self.feed_forward_scale, self.feed_forward_shift)
        hidden = gelu(normed @ self.expansion + self.expansion_bias, approximate="tanh")
        x = x + dropout(hidden @ self.contraction + self.contraction_bias)
        return layer_norm(x, (dim,), self.final_scale, self.final_shift)


def _dropout(x: Tensor, rate: float, generator: torch.Generator | None) -> Tensor:
    """Zero in a share `rate` of the places; that of torch takes no generator."""
    if generator is None:
        return x
    return x * torch.empty_like(x).bernoulli_(1 - rate, generator=generator).div_(1 - rate)


def _weights(inputs: int, outputs: int, generator: torch.Generator) -> nn.Parameter:
    return nn.Parameter(torch.randn(inputs, outputs, generator=generator) * _INITIAL_DEVIATION)
