"""SQL on the vectors of products' pictures: which products lack one, and which are like one.

Functions take an open connection; the caller commits.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from pgvector import HalfVector
from pgvector.psycopg import register_vector
from psycopg.rows import class_row

from ml.registry.repository import Connection

INDEXED_DIMENSIONS = 512
"""Vectors of this length have an index."""
_KEY = "coalesce(product.picture, %(drawings)s || product.drawing_digest)"
"""Of the picture that the shop shows: the one that was given to the product, else its drawing."""


class PicturedProduct(NamedTuple):
    """A product, and which picture it has."""

    item_id: str
    picture: str
    """Its key, which the picture's address has, too."""


def wait_for_turn(connection: Connection) -> None:
    """Wait until no other process encodes pictures, and keep them waiting to the end."""
    connection.execute("select pg_advisory_xact_lock(hashtext('ml.image_embeddings'))")


def changed_pictures(
    connection: Connection, encoder: str, drawings: str, limit: int, *, retry_after: timedelta
) -> list[PicturedProduct]:
    """At most `limit` products that have arrived and whose present picture was not encoded.

    The newest arrival comes first. A picture that could not be had is tried again after a while,
    once all others are done.

    Args:
        connection: an open one.
        encoder: its name.
        drawings: how the keys of the shop's drawings begin.
        limit: products at most.
        retry_after: how long a picture that could not be had is left alone.
    """
    with connection.cursor(row_factory=class_row(PicturedProduct)) as cursor:
        return cursor.execute(
            f"""
            select product.item_id, {_KEY} as picture
            from shop.products product
            left join ml.image_embeddings embedded
                on embedded.item_id = product.item_id and embedded.encoder = %(encoder)s
            where product.arrival_date <= now() and (
                embedded.picture_digest is distinct from {_KEY}
                or (embedded.embedding is null and embedded.tried_at < now() - %(retry_after)s)
            )
            order by embedded.tried_at nulls first, product.arrival_date desc, product.item_id
            limit %(limit)s
            """,  # noqa: S608 - a constant
            {
                "drawings": drawings,
                "encoder": encoder,
                "retry_after": retry_after,
                "limit": limit,
            },
        ).fetchall()


def replace_image_embeddings(
    connection: Connection,
    encoder: str,
    products: Sequence[PicturedProduct],
    vectors: Sequence[npt.NDArray[np.float32] | None],
) -> None:
    """Write the vectors of products by one encoder; not of those that have gone meanwhile.

    Args:
        connection: an open one.
        encoder: its name.
        products: as they were encoded.
        vectors: of unit length; None for a product without a usable picture.
    """
    register_vector(connection)
    rows = [
        (encoder, each.picture, None if vector is None else HalfVector(vector), each.item_id)
        for each, vector in zip(products, vectors, strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            insert into ml.image_embeddings (item_id, encoder, picture_digest, embedding)
            select item_id, %s, %s, %s from shop.products where item_id = %s
            on conflict (item_id, encoder) do update
            set picture_digest = excluded.picture_digest, embedding = excluded.embedding,
                tried_at = excluded.tried_at
            """,
            rows,
        )


def delete_other_encoders(connection: Connection, encoder: str) -> None:
    """Delete the vectors that another encoder has made."""
    connection.execute("delete from ml.image_embeddings where encoder <> %s", (encoder,))
