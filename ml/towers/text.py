"""Text embeddings by a sentence encoder, which is loaded only if there are texts."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file, save_file

from ml.towers.sentence_encoder import TEXT_DIMENSIONS, open_model

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_MAX_CHARACTERS = 600
"""Of a text; what follows exceeds the encoder's window."""
_DIGEST_BYTES = hashlib.sha256().digest_size

_cache: dict[bytes, npt.NDArray[np.float32]] = {}


@dataclass(frozen=True, slots=True)
class TextEmbeddings:
    """Embeddings that need not be computed again."""

    digests: tuple[bytes, ...]
    """Of encoder and text, by `text_digest`."""
    vectors: npt.NDArray[np.float32]
    """Unit vectors, (n, TEXT_DIMENSIONS)."""

    def save(self, path: Path) -> None:
        """Write one safetensors file."""
        digests = np.frombuffer(b"".join(self.digests), dtype=np.uint8)
        rows = digests.reshape(len(self.digests), _DIGEST_BYTES)
        save_file({"digests": rows, "vectors": self.vectors}, path)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` has written."""
        stored = load_file(path)
        return cls(tuple(row.tobytes() for row in stored["digests"]), stored["vectors"])

    def use(self) -> None:
        """Let `embed_texts` take them in this process instead of computing them."""
        _cache.update(zip(self.digests, self.vectors, strict=True))


def text_digest(text: str, encoder: str) -> bytes:
    """What tells one encoder's embedding of a text from all others; b"" for an empty text."""
    shortened = _shorten(text)
    return hashlib.sha256(f"{encoder}\x1f{shortened}".encode()).digest() if shortened else b""


def embed_texts(texts: Sequence[str], encoder: str) -> npt.NDArray[np.float32]:
    """Unit vectors of the texts, float32 (n, TEXT_DIMENSIONS); zero for an empty text.

    A text is embedded once per process, on the GPU where there is one.

    Args:
        texts: of any length; the first 600 characters are read.
        encoder: a value of `TowersConfig.text_encoder`.

    Raises:
        ConfigurationError: if that encoder is not installed.
    """
    result = np.zeros((len(texts), TEXT_DIMENSIONS), dtype=np.float32)
    digests = [text_digest(text, encoder) for text in texts]
    missing = {
        digest: _shorten(text)
        for digest, text in zip(digests, texts, strict=True)
        if digest and digest not in _cache
    }
    if missing:
        embedded = _load(encoder).encode(
            list(missing.values()),
            batch_size=64,
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        _cache.update(zip(missing, np.asarray(embedded, dtype=np.float32), strict=True))
    for row, digest in enumerate(digests):
        if digest:
            result[row] = _cache[digest]
    return result


def forget_texts() -> None:
    """Drop the embeddings that `embed_texts` keeps, in a process that works on a few at a time."""
    _cache.clear()


def _shorten(text: str) -> str:
    return text.strip()[:_MAX_CHARACTERS]


@lru_cache(maxsize=1)
def _load(encoder: str) -> "SentenceTransformer":
    import torch

    return open_model(encoder, "cuda" if torch.cuda.is_available() else "cpu")
