"""The vectors of products' texts, for search: kept up to date with the catalogue.

They need no model: a shop that has just been filled is searched by meaning before its first
training. Texts are embedded once for search and training alike, and kept in Feast.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import structlog

from ml.registry import text_embeddings
from ml.registry.text_embeddings import ProductText
from ml.settings import MlSettings
from ml.text_index import TextIndex
from ml.towers.sentence_encoder import PACKAGED
from streams.database import Database

if TYPE_CHECKING:
    from ml.item_texts import ItemTexts

log = structlog.get_logger()

_TEXTS_AT_ONCE = 100
"""A second or so of one core: what is done so far is kept then, and the newest wait no longer."""
_SECONDS_BETWEEN_LOGS = 10.0
_CONNECTIONS = 1
_CONNECT_TIMEOUT_SECONDS = 5.0


class TextVectors:
    """The vectors of the texts by one encoder.

    Constructing it is cheap: Feast and torch are loaded when there is something to embed. Several
    processes may do this: they take turns. One that is interrupted goes on where it was.

    Args:
        settings: where the catalogue is.
        encoder: as for `ml.towers.sentence_encoder.SentenceEncoder`.

    Raises:
        UnavailableError: from every call, while PostgreSQL does not answer or Feast's definitions
            have not been applied.
    """

    def __init__(self, settings: MlSettings, encoder: str = PACKAGED) -> None:
        self._settings = settings
        self._encoder = encoder
        self._name = Path(encoder).name
        self.index = TextIndex(self._name)
        """All vectors in memory, as of the last `update`."""
        self._database = Database(
            settings.database_url, connections=_CONNECTIONS, timeout=_CONNECT_TIMEOUT_SECONDS
        )
        self._texts: ItemTexts | None = None
        self._logged_at = 0.0
        self._has_tidied = False

    def update(self) -> int:
        """Embed some products that have no vector of their present content.

        Returns:
            The number of products done; 0 if nothing is left to do.

        Raises:
            ConfigurationError: there is no such encoder.
        """
        with self._database.connection() as connection:
            text_embeddings.wait_for_turn(connection)
            found = text_embeddings.changed_texts(connection, self._name, _TEXTS_AT_ONCE)
            if found:
                vectors = self._embed(found)
                text_embeddings.replace_text_embeddings(connection, self._name, found, vectors)
            elif not self._has_tidied:
                # Not before: while a new encoder is at work, search goes on by the last one.
                text_embeddings.delete_other_encoders(connection, self._name)
                self._has_tidied = True
        with self._database.connection() as connection:
            self.index.follow(connection)
        if len(found) == _TEXTS_AT_ONCE:
            self._log_progress()
        return len(found)

    def close(self) -> None:
        """Close the connections."""
        if self._texts is not None:
            self._texts.close()
        self._database.close()

    def _embed(self, products: Sequence[ProductText]) -> list[npt.NDArray[np.float32] | None]:
        import pandas as pd

        from ml.item_texts import ItemTexts  # brings Feast with it
        from ml.towers.preprocessing import item_texts
        from ml.towers.text import embed_texts, forget_texts

        items = pd.DataFrame(products)
        texts = item_texts(items)
        if self._encoder == PACKAGED:
            # That of the towers; Feast has one embedding of each product.
            self._texts = self._texts or ItemTexts(self._settings)
            self._texts.embeddings(items, self._encoder, lambda _done, _total: None).use()
        vectors = embed_texts(texts, self._encoder)
        forget_texts()
        return [vector if text else None for text, vector in zip(texts, vectors, strict=True)]

    def _log_progress(self) -> None:
        now = time.monotonic()
        if now - self._logged_at < _SECONDS_BETWEEN_LOGS:
            return
        self._logged_at = now
        with self._database.connection() as connection:
            left = text_embeddings.changed_count(connection, self._name)
        log.info("embedding the catalogue for search", encoder=self._name, left=left)
