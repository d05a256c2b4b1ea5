"""How much items are to a shopper's taste, whatever they are listed for."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ml.serving.live_items import Array, LiveItems


@dataclass(frozen=True, slots=True)
class Taste:
    """A shopper as of now, beside the items of the same version."""

    vector: Array
    """Of the shopper, float32 (dim,)."""
    items: LiveItems

    def affinities(self, item_ids: Sequence[str]) -> dict[str, float]:
        """The inner products with the items that have a vector, by id.

        They are divided by the norm of the shopper's vector, so that they mean the same for
        catalogues of all sizes: a cosine, and a little for what is popular.
        """
        ids, vectors = self.items.rows(item_ids)
        if not ids:
            return {}
        scaled = vectors @ self.vector / np.linalg.norm(self.vector)
        return dict(zip(ids, scaled.tolist(), strict=True))
