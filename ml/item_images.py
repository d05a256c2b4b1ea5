"""Embeddings of the items' pictures in Feast."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.features.definitions import ITEM_IMAGES_SOURCE
from ml.registry.image_embeddings import PicturedProduct
from streams.features.online import OnlineStore


class ItemImages(OnlineStore):
    """The view of the items' pictures in Feast's online store.

    Raises:
        UnavailableError: from every call, while PostgreSQL does not answer or Feast's definitions
            have not been applied.
    """

    def add(
        self,
        encoder: str,
        products: Sequence[PicturedProduct],
        vectors: Sequence[npt.NDArray[np.float32] | None],
    ) -> None:
        """Write the embeddings of products.

        Args:
            encoder: its name.
            products: as they were encoded.
            vectors: of unit length, float32 (d,); None for a product without a usable picture,
                which is left out.
        """
        rows = [
            (each.item_id, vector, encoder, each.picture)
            for each, vector in zip(products, vectors, strict=True)
            if vector is not None
        ]
        if rows:
            frame = pd.DataFrame(rows, columns=["item_id", "embedding", "encoder", "picture"])
            self.push(ITEM_IMAGES_SOURCE, frame.assign(event_timestamp=datetime.now(UTC)))
