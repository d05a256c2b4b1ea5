"""The encoder of requests gives the vectors that sentence-transformers gives."""

from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from transformers import (
    BertConfig,
    BertModel,
    BertTokenizer,
    DistilBertConfig,
    DistilBertModel,
    PreTrainedModel,
)

from ml.towers.fused_bert import FusedBert
from ml.towers.sentence_encoder import PACKAGED, TEXT_DIMENSIONS, SentenceEncoder, open_model

TEXTS = [
    "mouse",
    "comfy place for my dog",
    "",
    "wireless keyboard, black, with a number pad and a cable of two metres for the office " * 8,
    "Kaffeemühle größer 220V",
]


@pytest.fixture(scope="module")
def packaged() -> SentenceTransformer:
    return open_model(PACKAGED, "cpu")


def test_fused_layers_give_the_same_vectors(packaged: SentenceTransformer) -> None:
    fused = FusedBert.of(packaged)
    assert fused
    for texts in (TEXTS, TEXTS[:1], TEXTS[1:2]):
        with torch.inference_mode():
            found = fused(packaged.preprocess(texts))
        vectors = torch.nn.functional.normalize(found, dim=1).numpy()
        expected = packaged.encode(texts, normalize_embeddings=True)
        np.testing.assert_allclose(vectors, expected, atol=2e-6)


def test_requests_get_nearly_the_vectors_of_float32(packaged: SentenceTransformer) -> None:
    vectors = SentenceEncoder(PACKAGED).encode(TEXTS)
    expected = packaged.encode(TEXTS, normalize_embeddings=True)
    assert (vectors * expected).sum(axis=1).min() > 0.999


def saved(folder: Path, *, distilled: bool, pooling: str) -> SentenceTransformer:
    """A small model with random weights."""
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "mouse", "dog"]
    (folder / "vocab.txt").write_text("\n".join(words))
    model: PreTrainedModel
    if distilled:
        model = DistilBertModel(
            DistilBertConfig(vocab_size=7, dim=TEXT_DIMENSIONS, n_heads=4, n_layers=1, hidden_dim=8)
        )
    else:
        model = BertModel(  # type: ignore[no-untyped-call]
            BertConfig(
                vocab_size=7,
                hidden_size=TEXT_DIMENSIONS,
                num_attention_heads=4,
                num_hidden_layers=2,
                intermediate_size=8,
            )
        )
    model.save_pretrained(folder / "bert")
    BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder / "bert")
    parts = [Transformer(str(folder / "bert")), Pooling(TEXT_DIMENSIONS, pooling), Normalize()]
    whole = SentenceTransformer(modules=parts, device="cpu")
    whole.save(str(folder / "whole"))
    return whole


@pytest.mark.parametrize(
    ("distilled", "pooling", "is_fused"),
    [(False, "mean", True), (False, "cls", False), (True, "mean", False)],
)
def test_other_models_are_calculated_as_they_are(
    tmp_path: Path, *, distilled: bool, pooling: str, is_fused: bool
) -> None:
    whole = saved(tmp_path, distilled=distilled, pooling=pooling)
    assert bool(FusedBert.of(whole)) is is_fused
    vectors = SentenceEncoder(str(tmp_path / "whole")).encode(["mouse dog", "dog"])
    expected = whole.encode(["mouse dog", "dog"])
    assert (vectors * expected).sum(axis=1).min() > 0.999
    assert abs(float(vectors[0] @ vectors[1])) < 0.9999
