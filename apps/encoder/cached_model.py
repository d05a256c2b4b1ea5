"""A model whose newest answers are kept."""

import hashlib
import threading
from collections.abc import Sequence
from typing import Generic

import numpy as np
import numpy.typing as npt
from cachetools import LRUCache

from apps.encoder import metrics
from apps.encoder.batching import Batcher, Input, Vector


class CachedModel(Generic[Input]):
    """A batcher, and the vectors of the inputs that were asked for last, by their content's hash.

    Args:
        name: of the encoder, as answers and metrics call it.
        batcher: of its model.
        size: number of inputs whose vectors are kept.
    """

    def __init__(self, name: str, batcher: Batcher[Input], *, size: int) -> None:
        self.name = name
        self.batcher = batcher
        self._lock = threading.Lock()
        self._kept: LRUCache[bytes, Vector] = LRUCache(size)

    def encode(self, contents: Sequence[Input], deadline: float) -> npt.NDArray[np.float32]:
        """Unit vectors of at least one input, float32 (n, d), or (n, k, d) as the model has it.

        Raises:
            UnavailableError: as from `Batcher.encode`; never where all vectors are kept.
        """
        digests = [_digest(content) for content in contents]
        with self._lock:
            found = {digest: self._kept.get(digest) for digest in digests}
        known = {digest: vector for digest, vector in found.items() if vector is not None}
        lookups = metrics.CACHE_LOOKUPS
        lookups.labels(self.name, "hit").inc(len(known))
        lookups.labels(self.name, "miss").inc(len(found) - len(known))
        missing = {
            digest: content
            for digest, content in zip(digests, contents, strict=True)
            if digest not in known
        }
        if missing:
            fresh = self.batcher.encode(list(missing.values()), deadline)
            known |= dict(zip(missing, fresh, strict=True))
            with self._lock:
                self._kept.update(zip(missing, fresh, strict=True))
        return np.stack([known[digest] for digest in digests])


def _digest(content: str | bytes) -> bytes:
    data = content.encode() if isinstance(content, str) else content
    return hashlib.sha256(data).digest()
