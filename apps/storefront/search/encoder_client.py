"""The clients of the encoder: vectors of texts and pictures, within the time that a search has."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import urllib3
from cachetools import TTLCache
from pydantic import BaseModel, ValidationError

from ml.serving.dependency import Dependency
from streams.errors import ContractError, UnavailableError

_CONNECTIONS = 8
"""As many as a worker has threads."""
_MAX_FAILURES = 3
"""In a row. One text that came too late is no reason to search the next ones by words alone."""
_DESCRIBED_SECONDS = 60.0
_OK = 200
_NOT_FOUND = 404


class _Nearest(BaseModel):
    item_ids: list[str]
    cosines: list[float]


class _Answer(BaseModel):
    encoder: str
    embeddings: list[list[float]]
    nearest: list[_Nearest] = []
    min_turned_similarity: float | None = None


class _Description(BaseModel):
    reads_texts: bool


Answer = TypeVar("Answer", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Encoded:
    """Vectors, and the name of the encoder that made them."""

    encoder: str
    vectors: npt.NDArray[np.float32]
    """Of unit length, float32 (n, d)."""
    nearest: Sequence[Mapping[str, float]] = ()
    """Of texts, where it was asked for: the cosine of the nearest products for each, by item id."""
    min_turned_similarity: float | None = None
    """Of a picture: the cosine from which on its turned vectors count."""


class _Connection:
    """Asks the encoder over connections that are kept. Threads may share one."""

    def __init__(self, url: str, timeout: float, name: str) -> None:
        self._url = url.rstrip("/")
        self._http = urllib3.PoolManager(
            maxsize=_CONNECTIONS, retries=False, timeout=urllib3.Timeout(total=timeout)
        )
        self._dependency = Dependency(name, failures=_MAX_FAILURES)

    def ask(self, path: str, **request: Any) -> Encoded | None:
        """What the encoder answers; None: it has no such path.

        Raises:
            UnavailableError: there is no answer in time, or the encoder refuses what was sent.
        """
        answer = self._dependency.call(lambda: (self._ask(path, **request),))
        if answer is None:
            raise UnavailableError("the encoder gives no vectors")
        return answer[0]

    def _ask(self, path: str, **request: Any) -> Encoded | None:
        answer = self._read(_Answer, "POST", path, **request)
        if answer is None:
            return None
        vectors = np.array(answer.embeddings, dtype=np.float32)
        nearest = [dict(zip(each.item_ids, each.cosines, strict=True)) for each in answer.nearest]
        return Encoded(answer.encoder, vectors, nearest, answer.min_turned_similarity)

    def reads_texts(self) -> bool | None:
        """Whether the encoder of pictures reads texts; None: it does not answer."""
        found = self._dependency.call(lambda: self._read(_Description, "GET", "/v1/images"))
        return found.reads_texts if found else None

    def _read(
        self, contract: type[Answer], method: str, path: str, **request: Any
    ) -> Answer | None:
        try:
            response = self._http.request(method, f"{self._url}{path}", **request)
        except urllib3.exceptions.HTTPError as error:
            raise UnavailableError(f"the encoder does not answer: {error}") from error
        if response.status == _NOT_FOUND:
            return None
        if response.status != _OK:
            raise UnavailableError(f"the encoder answers {response.status}")
        try:
            return contract.model_validate_json(response.data)
        except ValidationError as error:
            raise UnavailableError(f"the encoder's answer cannot be read: {error}") from error


class EncoderClient:
    """Asks for the vectors of texts. Threads may share one.

    After three failures in a row the encoder is asked once in five seconds.

    Args:
        url: of the encoder, `http://host:port`.
        timeout: seconds that an answer may take.
    """

    def __init__(self, url: str, timeout: float) -> None:
        self._connection = _Connection(url, timeout, "encoder")

    def texts(self, texts: Sequence[str], *, nearest: int = 0) -> Encoded:
        """The vectors of 1 to 64 texts of at most 512 characters, and the products nearest to them.

        Args:
            texts: in a shopper's words.
            nearest: products for each text, at most 1,000.

        Raises:
            UnavailableError: there is no answer in time, or the encoder refuses them.
        """
        found = self._connection.ask("/v1/texts", json={"texts": list(texts), "nearest": nearest})
        if found is None or (nearest and not found.nearest):
            raise UnavailableError("the encoder gives no vectors")
        return found


class ImageEncoderClient:
    """Asks for vectors in the space of pictures, as `EncoderClient` for those of texts."""

    def __init__(self, url: str, timeout: float) -> None:
        self._connection = _Connection(url, timeout, "image encoder")
        self._reads_texts: TTLCache[str, bool] = TTLCache(1, _DESCRIBED_SECONDS)
        self._lock = threading.Lock()

    @property
    def reads_texts(self) -> bool:
        """Whether the encoder reads texts, as of the last minute; no while it does not answer."""
        with self._lock:
            known = self._reads_texts.get("")
        if known is None:
            known = self._connection.reads_texts()
            if known is not None:
                with self._lock:
                    self._reads_texts[""] = known
        return bool(known)

    def image(self, file: bytes) -> Encoded:
        """The vectors of a picture, a JPEG file that `ml.untrusted_images.opening` has made.

        The first is that of the picture as it is, the others are of it turned by right angles.

        Raises:
            UnavailableError: there is no answer in time, or the encoder refuses it.
        """
        found = self._connection.ask(
            "/v1/images", body=file, headers={"Content-Type": "image/jpeg"}
        )
        if found is None:
            raise UnavailableError("the encoder knows no pictures")
        return found

    def text(self, text: str) -> Encoded:
        """The vector of a text of at most 512 characters.

        Raises:
            ContractError: the encoder of pictures reads no texts.
            UnavailableError: there is no answer in time, or the encoder refuses it.
        """
        found = self._connection.ask("/v1/image-texts", json={"texts": [text]})
        if found is None:
            raise ContractError("The encoder of pictures reads no texts. Send a picture alone.")
        return found
