"""SQL of image search: the products whose pictures are nearest to a vector."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pgvector import HalfVector
from pgvector.psycopg import register_vector
from psycopg import Connection, sql
from psycopg.rows import class_row

from apps.storefront.catalog.availability_repository import IS_LISTED
from apps.storefront.catalog.repository import PICTURE, DescribedProduct
from ml.registry.image_embeddings import INDEXED_DIMENSIONS

_COLUMNS = sql.SQL(
    "product.item_id, product_name, category, price, actual_price, stars, stars_count,"
    " arrival_date, stock, {} as picture, about_product"
).format(PICTURE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundProduct(DescribedProduct):
    """A product, and how alike its picture is."""

    similarity: float
    """The cosine of the two vectors."""


def nearest(
    connection: Connection[Any],
    encoder: str,
    vector: npt.NDArray[np.float32],
    limit: int,
    *,
    region: str | None,
) -> list[FoundProduct]:
    """The products that lists may show whose pictures are most alike, the most alike first.

    Args:
        connection: one with a transaction.
        encoder: that made the vector.
        vector: of unit length, (d,).
        limit: products at most.
        region: where the shop sells; None: everywhere.
    """
    register_vector(connection)
    # Else the index ends with the first forty, and hidden ones among them leave the list short.
    connection.execute("set local hnsw.iterative_scan = strict_order")
    length = sql.Literal(INDEXED_DIMENSIONS)
    indexed = (sql.SQL("(embedding::halfvec({}))").format(length),
               sql.SQL("vector_dims(embedding) = {}").format(length))  # fmt: skip
    plain = sql.SQL("embedding"), sql.SQL("embedding is not null")
    column, condition = indexed if len(vector) == INDEXED_DIMENSIONS else plain
    with connection.cursor(row_factory=class_row(FoundProduct)) as cursor:
        return cursor.execute(
            sql.SQL(
                "select {columns}, -({column} <#> %(vector)s) as similarity"
                " from ml.image_embeddings embedded"
                " join shop.products product on product.item_id = embedded.item_id"
                " where encoder = %(encoder)s and {condition} and {listed}"
                " order by {column} <#> %(vector)s limit %(limit)s"
            ).format(columns=_COLUMNS, column=column, condition=condition, listed=IS_LISTED),
            {
                "vector": HalfVector(vector),
                "encoder": encoder,
                "limit": limit,
                "region": region,
            },
        ).fetchall()
