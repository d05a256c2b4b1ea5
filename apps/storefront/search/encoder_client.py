"""The client of the encoder: vectors of texts, within the time that a search has for them."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import urllib3
from pydantic import BaseModel, ValidationError

from ml.serving.dependency import Dependency
from streams.errors import UnavailableError

_CONNECTIONS = 8
"""As many as a worker has threads."""
_MAX_FAILURES = 3
"""In a row. One text that came too late is no reason to search the next ones by words alone."""
_OK = 200


class _Answer(BaseModel):
    encoder: str
    embeddings: list[list[float]]


class EncoderClient:
    """Asks the encoder over connections that are kept. Threads may share one.

    After three failures in a row it is asked once in five seconds.

    Args:
        url: of the encoder, `http://host:port`.
        timeout: seconds that an answer may take.
    """

    def __init__(self, url: str, timeout: float) -> None:
        self._address = f"{url.rstrip('/')}/v1/texts"
        self._http = urllib3.PoolManager(
            maxsize=_CONNECTIONS, retries=False, timeout=urllib3.Timeout(total=timeout)
        )
        self.encoder = ""
        """The name of the model that made the last vectors."""
        self._dependency = Dependency("encoder", failures=_MAX_FAILURES)

    def texts(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Unit vectors of 1 to 64 texts of at most 512 characters, float32 (n, d).

        Raises:
            UnavailableError: there is no answer in time, or the encoder refuses them.
        """
        vectors = self._dependency.call(lambda: self._ask(texts))
        if vectors is None:
            raise UnavailableError("the encoder gives no vectors")
        return vectors

    def _ask(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        try:
            response = self._http.request("POST", self._address, json={"texts": list(texts)})
        except urllib3.exceptions.HTTPError as error:
            raise UnavailableError(f"the encoder does not answer: {error}") from error
        if response.status != _OK:
            raise UnavailableError(f"the encoder answers {response.status}")
        try:
            answer = _Answer.model_validate_json(response.data)
        except ValidationError as error:
            raise UnavailableError(f"the encoder's answer cannot be read: {error}") from error
        self.encoder = answer.encoder
        return np.array(answer.embeddings, dtype=np.float32)
