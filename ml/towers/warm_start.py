"""Warm start: a training run that begins with the weights of an earlier model.

Weights are copied where they mean the same: embeddings by item id and by category path, the other
matrices where their shapes are equal. What is new keeps its initial values. Ash and Adams (2020,
"On Warm-Starting Neural Network Training") measure what a run can lose by it.
"""

from collections.abc import Collection, Mapping, Sequence

import pandas as pd
import torch
from torch import Tensor

from ml.towers.bundle import Bundle
from ml.towers.model import Towers
from ml.towers.preprocessing import Preprocessing
from streams.errors import ContractError

_TEXTS = "content.text_projection"


def overlap(item_ids: Collection[str], start: Bundle) -> float:
    """The share of these items that the earlier model knows; 0 where there are none."""
    return 1 - len(start.user_encoder.unknown(item_ids)) / len(item_ids) if len(item_ids) else 0.0


def copy_weights(towers: Towers, preprocessing: Preprocessing, start: Bundle) -> None:
    """Set the weights of `towers`, which are fitted with `preprocessing`, to those of `start`.

    Raises:
        ContractError: the vectors of the two have different lengths.
    """
    before, weights = start.preprocessing, start.weights()
    if towers.ids.shape[1] != weights["ids"].shape[1]:
        raise ContractError(
            f"a warm start needs vectors of one length, not {towers.ids.shape[1] + 1} and"
            f" {weights['ids'].shape[1] + 1}"
        )
    vocabularies: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
        "ids": (preprocessing.item_ids, before.item_ids),
        "bias": (preprocessing.item_ids, before.item_ids),
        "content.category_embedding": (preprocessing.category_paths, before.category_paths),
    }
    with torch.no_grad():
        for name, weight in towers.named_parameters():
            if name in vocabularies:
                _copy_rows(weight, weights[name], *vocabularies[name])
            elif name == _TEXTS and preprocessing.text_encoder != before.text_encoder:
                continue
            elif name in weights and weights[name].shape == weight.shape:
                weight.copy_(weights[name])


def _copy_rows(to: Tensor, of: Tensor, names: Sequence[str], before: Sequence[str]) -> None:
    """Copy the rows of those names that both have."""
    places = pd.Index(list(before)).get_indexer(pd.Index(list(names)))
    known = torch.from_numpy(places >= 0)
    to[known.to(to.device)] = of[torch.from_numpy(places[places >= 0])].to(to.device)
