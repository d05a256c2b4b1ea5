"""The vectors of products' pictures, for image search: kept up to date with the catalogue.

Feast has them, too, for whoever trains on them.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

import numpy as np
import numpy.typing as npt
import structlog
import urllib3

from ml.images.encoder import MAX_USEFUL_SIDE, Vectors
from ml.registry import image_embeddings
from ml.registry.image_embeddings import PicturedProduct
from ml.settings import MlSettings
from ml.untrusted_images.opening import encoded, opened
from streams.database import Database
from streams.errors import ContractError, UnavailableError

if TYPE_CHECKING:
    from ml.item_images import ItemImages

log = structlog.get_logger()

_PICTURES_AT_ONCE = 16
"""A second or so of one core; what is done so far is kept then."""
_FETCHES_AT_ONCE = 2
"""The shop draws what nobody has looked at yet, and has shoppers to serve meanwhile."""
_SHOP_SECONDS = 10.0
_RETRY_AFTER = timedelta(hours=6)
_CONNECTIONS = 1
_CONNECT_TIMEOUT_SECONDS = 5.0


class Pictures(Protocol):
    """Where products' pictures are."""

    def drawings(self) -> str:
        """How the keys of drawings begin."""

    def of(self, product: PicturedProduct) -> bytes | None:
        """The picture of a product as a file; None: it has none."""


class ShopPictures:
    """The pictures that the shop shows: given to a product, or drawn.

    Args:
        url: of the shop, `http://host:port`.
    """

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._http = urllib3.PoolManager(
            maxsize=_FETCHES_AT_ONCE,
            retries=urllib3.Retry(1, connect=0, read=0, redirect=1),
            timeout=_SHOP_SECONDS,
        )

    def drawings(self) -> str:
        """How the keys of the shop's drawings begin.

        Raises:
            UnavailableError: the shop does not answer.
        """
        answer = self._asked("/pictures/drawings")
        if answer is None:
            raise UnavailableError("the shop gives no pictures: it is of an older release")
        return answer.data.decode()

    def of(self, product: PicturedProduct) -> bytes | None:
        """The file; None where the shop has no such product any longer.

        Raises:
            UnavailableError: the shop does not answer, or has another picture of the product.
        """
        answer = self._asked(f"/pictures/of/{quote(product.item_id, safe='')}")
        if answer is None:
            return None
        if f"/{product.picture}-" not in (answer.geturl() or ""):
            # It has changed meanwhile, or another release of the shop has answered.
            raise UnavailableError("the shop gives no pictures: they are about to change")
        return answer.data

    def _asked(self, path: str) -> urllib3.BaseHTTPResponse | None:
        """The answer; None: there is no such page."""
        try:
            answer = self._http.request("GET", f"{self._url}{path}")
        except urllib3.exceptions.HTTPError as error:
            raise UnavailableError(f"the shop gives no pictures: {error}") from error
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        if answer.status != HTTPStatus.OK:
            raise UnavailableError(f"the shop gives no pictures: it answers {answer.status}")
        return answer


class ImageVectors:
    """The vectors of the pictures by one encoder.

    Constructing it is cheap: Feast is loaded when there is something to encode. Several processes
    may do this: they take turns. One that is interrupted goes on where it was.

    Args:
        settings: where the catalogue is.
        name: of the encoder.
        encode: gives pictures, as files that `opened` has passed, their unit vectors.
        pictures: where the pictures are.

    Raises:
        UnavailableError: from every call, while PostgreSQL or the shop does not answer or Feast's
            definitions have not been applied.
    """

    def __init__(
        self,
        settings: MlSettings,
        name: str,
        encode: Callable[[Sequence[bytes]], Vectors],
        pictures: Pictures,
    ) -> None:
        self._settings = settings
        self._name = name
        self._encode = encode
        self._pictures = pictures
        self._database = Database(
            settings.database_url, connections=_CONNECTIONS, timeout=_CONNECT_TIMEOUT_SECONDS
        )
        self._fetching = ThreadPoolExecutor(_FETCHES_AT_ONCE, thread_name_prefix="pictures")
        self._images: ItemImages | None = None
        self._has_tidied = False

    def update(self) -> int:
        """Encode some pictures of products that have no vector of their present content.

        Returns:
            The number of products done; 0 if nothing is left to do.
        """
        drawings = self._pictures.drawings()
        with self._database.connection() as connection:
            image_embeddings.wait_for_turn(connection)
            found = image_embeddings.changed_pictures(
                connection, self._name, drawings, _PICTURES_AT_ONCE, retry_after=_RETRY_AFTER
            )
            if found:
                vectors = self._vectors(found)
                self._in_feast().add(self._name, found, vectors)
                image_embeddings.replace_image_embeddings(connection, self._name, found, vectors)
            elif not self._has_tidied:
                # Not before: while a new encoder is at work, search goes on by the last one.
                image_embeddings.delete_other_encoders(connection, self._name)
                self._has_tidied = True
        return len(found)

    def close(self) -> None:
        """Close the connections."""
        self._fetching.shutdown(wait=False, cancel_futures=True)
        if self._images is not None:
            self._images.close()
        self._database.close()

    def _in_feast(self) -> "ItemImages":
        from ml.item_images import ItemImages  # brings Feast with it

        self._images = self._images or ItemImages(self._settings)
        return self._images

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
