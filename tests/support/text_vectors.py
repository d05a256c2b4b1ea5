"""Vectors of products' texts, as the encoder keeps them."""

from collections.abc import Iterable
from typing import Any

import numpy.typing as npt
import psycopg
from pgvector import HalfVector
from psycopg import Connection

from apps.storefront.search.encoder_client import Encoded
from ml.text_index import TextIndex
from ml.towers.text import embed_texts
from streams.errors import UnavailableError

Row = tuple[str, str, npt.NDArray[Any]]
"""Item id, digest of the text, vector."""


def copy_text_vectors(connection: Connection[Any], encoder: str, rows: Iterable[Row]) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "copy ml.text_embeddings (item_id, encoder, content_digest, embedding) from stdin"
        ) as copy,
    ):
        for item_id, digest, vector in rows:
            copy.write_row((item_id, encoder, digest, HalfVector(vector).to_text()))


class EncoderInProcess:
    """The model and the index without their service, whose tests are elsewhere."""

    is_away = False

    def __init__(self, database_url: str, encoder: str) -> None:
        self._database_url = database_url
        self._encoder = encoder
        self._index = TextIndex(encoder)

    def texts(self, texts: list[str], *, nearest: int = 0) -> Encoded:
        if self.is_away:
            raise UnavailableError("the encoder is away")
        with psycopg.connect(self._database_url) as connection:
            self._index.follow(connection)
        vectors = embed_texts(texts, self._encoder)
        found = self._index.nearest(vectors, nearest) or []
        return Encoded(
            self._encoder,
            vectors,
            [dict(zip(ids, cosines.tolist(), strict=True)) for ids, cosines in found],
        )
