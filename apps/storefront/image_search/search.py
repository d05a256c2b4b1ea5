"""Search with a picture, a text or both, for the page and for the API."""

from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from flask import current_app

from apps.storefront.image_search import repository
from apps.storefront.image_search.repository import FoundProduct
from apps.storefront.search.encoder_client import Encoded, ImageEncoderClient
from apps.storefront.settings import StorefrontSettings
from ml.images.encoder import MAX_USEFUL_SIDE
from ml.untrusted_images.fetching import LinkFetcher
from ml.untrusted_images.opening import encoded, opened
from streams.database import Database
from streams.errors import ContractError, UnavailableError

_KEY = "image_search"
IMAGE_WEIGHT = 0.7
"""Of the picture where there is a text as well."""
_WEIGHT_FREE = "descriptor"


@dataclass(frozen=True, slots=True)
class ImageResults:
    """What was found."""

    products: Sequence[FoundProduct]
    encoder: str
    """That compared the pictures."""

    @property
    def is_weight_free(self) -> bool:
        """Whether the encoder has learnt nothing: it compares colours, shapes and textures."""
        return self.encoder == _WEIGHT_FREE


class ImageSearch:
    """Searches with what somebody sends; nothing of it is kept. Threads may share one.

    Args:
        settings: where the encoder is, and what links may lead to.
        database: the shop's.
    """

    def __init__(self, settings: StorefrontSettings, database: Database) -> None:
        self._database = database
        self._region = settings.region
        budget = settings.image_budget.total_seconds()
        self._encoder = (
            ImageEncoderClient(settings.encoder_url, budget) if settings.encoder_url else None
        )
        self._fetcher = LinkFetcher(settings.link_networks)

    @classmethod
    def of_this_app(cls) -> "ImageSearch":
        """The one of the app that answers the current request."""
        found = current_app.extensions[_KEY]
        assert isinstance(found, cls)
        return found

    def install(self, extensions: MutableMapping[str, object]) -> None:
        """Hand it to an app."""
        extensions[_KEY] = self

    @property
    def is_offered(self) -> bool:
        """Whether the shop has an encoder."""
        return self._encoder is not None

    @property
    def reads_texts(self) -> bool:
        """Whether a text may be sent as well."""
        return self._encoder is not None and self._encoder.reads_texts

    def fetched(self, link: str) -> bytes:
        """The file at a link.

        Raises:
            ContractError: it may not be fetched; the message is for whoever gave the link.
        """
        return self._fetcher.fetch(link)

    def search(self, file: bytes | None, text: str, limit: int) -> ImageResults:
        """The products that are most like a picture, a text, or both.

        Args:
            file: of a picture, as it came; None: there is none.
            text: of at most 200 characters; empty: there is none. The encoder has to read texts.
            limit: products at most.

        Raises:
            ContractError: it is no usable picture, the encoder reads no texts, or there is
                neither; the message is for whoever sent it.
            UnavailableError: the encoder or PostgreSQL does not answer.
        """
        if self._encoder is None:
            raise UnavailableError("the shop has no encoder of pictures")
        found = []
        if file is not None:
            found.append(
                (IMAGE_WEIGHT, self._encoder.image(encoded(opened(file, MAX_USEFUL_SIDE))))
            )
        if text:
            found.append((1 - IMAGE_WEIGHT, self._encoder.text(text)))
        if not found:
            raise ContractError("Send a picture or the link to one.")
        name, vector = _blended(found)
        with self._database.connection() as connection:
            nearest = partial(
                repository.nearest, connection, name, limit=limit, region=self._region
            )
            products = nearest(vector)
            if len(found) == 1:  # a text says nothing of how the picture was turned
                products = _with_turned(products, found[0][1], nearest)[:limit]
        return ImageResults(products, name)


def _with_turned(
    products: Sequence[FoundProduct],
    picture: Encoded,
    nearest: Callable[[np.ndarray], Sequence[FoundProduct]],
) -> list[FoundProduct]:
    """What is like the picture as it is, and copies of what it shows when it is turned."""
    best = {each.item_id: each for each in products}
    if picture.min_turned_similarity is not None:
        for vector in picture.vectors[1:]:
            for each in nearest(vector):
                known = best.get(each.item_id)
                is_better = known is None or each.similarity > known.similarity
                if is_better and each.similarity >= picture.min_turned_similarity:
                    best[each.item_id] = each
    return sorted(best.values(), key=lambda each: each.similarity, reverse=True)


def _blended(found: Sequence[tuple[float, Encoded]]) -> tuple[str, np.ndarray]:
    blend = sum((weight * each.vectors[0] for weight, each in found), np.float32(0))
    vector = np.asarray(blend / max(float(np.linalg.norm(blend)), 1e-9), dtype=np.float32)
    return found[0][1].encoder, vector
