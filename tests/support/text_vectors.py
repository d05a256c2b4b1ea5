"""Vectors of products' texts, as the encoder keeps them."""

from collections.abc import Iterable
from typing import Any

import numpy.typing as npt
from pgvector import HalfVector
from psycopg import Connection

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
