"""The vectors of products' pictures, for image search: kept up to date with the catalogue."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Protocol

import numpy as np
import numpy.typing as npt
import structlog

from ml.images.encoder import MAX_USEFUL_SIDE, Vectors
from ml.registry import image_embeddings
from ml.registry.image_embeddings import PicturedProduct
from ml.settings import MlSettings
from ml.untrusted_images.fetching import LinkFetcher
from ml.untrusted_images.opening import encoded, opened
from streams.database import Database
from streams.errors import ContractError

log = structlog.get_logger()

_PICTURES_AT_ONCE = 16
"""A second or so of one core; what is done so far is kept then."""
_FETCHES_AT_ONCE = 8
_RETRY_AFTER = timedelta(hours=6)
_CONNECTIONS = 1
_CONNECT_TIMEOUT_SECONDS = 5.0


class Pictures(Protocol):
    """Where products' pictures are."""

    def of(self, product: PicturedProduct) -> bytes | None:
        """The picture of a product as a file; None: it has none, or it cannot be had now."""


class LinkedPictures:
    """The pictures that products link to. They are fetched, and nothing of them is kept."""

    def __init__(self, fetcher: LinkFetcher) -> None:
        self._fetcher = fetcher

    def of(self, product: PicturedProduct) -> bytes | None:
        """The file at a product's link; None where there is none that may be used."""
        if "://" not in product.img_link:
            return None
        try:
            return self._fetcher.fetch(product.img_link)
        except ContractError as error:
            log.info("a product's picture cannot be had", item=product.item_id, reason=str(error))
            return None


class ImageVectors:
    """The vectors of the pictures by one encoder.

    Constructing it is cheap. Several processes may do this: they take turns. One that is
    interrupted goes on where it was.

    Args:
        settings: where the catalogue is.
        name: of the encoder.
        encode: gives pictures, as files that `opened` has passed, their unit vectors.
        pictures: where the pictures are.

    Raises:
        UnavailableError: from every call, while PostgreSQL does not answer.
    """

    def __init__(
        self,
        settings: MlSettings,
        name: str,
        encode: Callable[[Sequence[bytes]], Vectors],
        pictures: Pictures,
    ) -> None:
        self._name = name
        self._encode = encode
        self._pictures = pictures
        self._database = Database(
            settings.database_url, connections=_CONNECTIONS, timeout=_CONNECT_TIMEOUT_SECONDS
        )
        self._fetching = ThreadPoolExecutor(_FETCHES_AT_ONCE, thread_name_prefix="pictures")
        self._has_tidied = False

    def update(self) -> int:
        """Encode some pictures of products that have no vector of their present content.

        Returns:
            The number of products done; 0 if nothing is left to do.
        """
        with self._database.connection() as connection:
            image_embeddings.wait_for_turn(connection)
            found = image_embeddings.changed_pictures(
                connection, self._name, _PICTURES_AT_ONCE, retry_after=_RETRY_AFTER
            )
            if found:
                vectors = self._vectors(found)
                image_embeddings.replace_image_embeddings(connection, self._name, found, vectors)
            elif not self._has_tidied:
                # Not before: while a new encoder is at work, search goes on by the last one.
                image_embeddings.delete_other_encoders(connection, self._name)
                self._has_tidied = True
        return len(found)

    def close(self) -> None:
        """Close the connections."""
        self._fetching.shutdown(wait=False, cancel_futures=True)
        self._database.close()

    def _vectors(self, products: Sequence[PicturedProduct]) -> list[npt.NDArray[np.float32] | None]:
        files = list(self._fetching.map(self._clean, products))
        usable = [file for file in files if file is not None]
        vectors = iter(self._encode(usable) if usable else ())
        return [None if file is None else next(vectors) for file in files]

    def _clean(self, product: PicturedProduct) -> bytes | None:
        """A product's picture, drawn anew; None where it has none that can be opened."""
        file = self._pictures.of(product)
        try:
            return None if file is None else encoded(opened(file, MAX_USEFUL_SIDE))
        except ContractError as error:
            log.info("a product's picture is unusable", item=product.item_id, reason=str(error))
            return None
