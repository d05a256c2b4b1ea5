"""A BERT whose layers are one operation each, for few short texts at once on the CPU."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

import torch
from torch import Tensor, nn
from transformers import BertModel

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_PARTS = (
    ("self_attn.out_proj", "attention.output.dense"),
    ("norm1", "attention.output.LayerNorm"),
    ("linear1", "intermediate.dense"),
    ("linear2", "output.dense"),
    ("norm2", "output.LayerNorm"),
)
"""Of a layer: its name in `nn.TransformerEncoderLayer`, and in a BertModel."""


class FusedBert(nn.Module):
    """The same vectors as a SentenceTransformer makes of a BERT and the mean over its tokens.

    A batch of one short text is bound by what happens around the products of matrices: transformers
    takes some twenty operations per layer, `nn.TransformerEncoder` takes one where no gradient is
    wanted.

    Args:
        bert: whose weights are copied.
    """

    def __init__(self, bert: BertModel) -> None:
        super().__init__()
        config = bert.config
        layer = nn.TransformerEncoderLayer(
            config.hidden_size,
            config.num_attention_heads,
            config.intermediate_size,
            dropout=0.0,
            activation="gelu",
            layer_norm_eps=config.layer_norm_eps,
            batch_first=True,
        )
        self.embeddings = bert.embeddings
        self.encoder = nn.TransformerEncoder(
            layer, config.num_hidden_layers, enable_nested_tensor=False
        )
        for fused, plain in zip(self.encoder.layers, bert.encoder.layer, strict=True):
            _copy_layer(fused, plain)
        self.to(bert.dtype).eval()

    @classmethod
    def of(cls, model: "SentenceTransformer") -> Self | None:
        """The same model with fused layers; None: it is no BERT, or it does not take the mean."""
        from sentence_transformers.sentence_transformer.modules import (
            Normalize,
            Pooling,
            Transformer,
        )

        if len(model) not in {2, 3}:
            return None
        transformer, pooling, *rest = model
        if not isinstance(transformer, Transformer) or not isinstance(pooling, Pooling):
            return None
        bert = transformer.auto_model
        if not isinstance(bert, BertModel) or bert.config.hidden_act != "gelu":
            return None
        is_mean = pooling.pooling_mode == "mean" and all(
            isinstance(each, Normalize) for each in rest
        )
        return cls(bert) if is_mean else None

    def forward(self, features: Mapping[str, Tensor]) -> Tensor:
        """The means over the tokens of texts, (n, hidden size).

        Args:
            features: of the texts, as `SentenceTransformer.preprocess` makes them.
        """
        mask = features["attention_mask"]
        states = self.embeddings(
            input_ids=features["input_ids"], token_type_ids=features.get("token_type_ids")
        )
        # Without a mask the attention has one operation less.
        states = self.encoder(states, src_key_padding_mask=None if mask.all() else mask == 0)
        weights = mask.unsqueeze(-1).to(states.dtype)
        means: Tensor = (states * weights).sum(1) / weights.sum(1)
        return means


def _copy_layer(fused: nn.Module, plain: nn.Module) -> None:
    attention = plain.get_submodule("attention.self")
    inputs = [attention.get_submodule(name) for name in ("query", "key", "value")]
    fused.load_state_dict(
        {
            "self_attn.in_proj_weight": torch.cat(
                [each.get_parameter("weight") for each in inputs]
            ),
            "self_attn.in_proj_bias": torch.cat([each.get_parameter("bias") for each in inputs]),
        }
        | {
            f"{ours}.{name}": value
            for ours, theirs in _PARTS
            for name, value in plain.get_submodule(theirs).state_dict().items()
        }
    )
