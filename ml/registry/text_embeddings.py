"""SQL on the vectors of products' texts, and on which products lack one.

Functions take an open connection; the caller commits.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from pgvector import HalfVector
from pgvector.psycopg import register_vector
from psycopg.rows import class_row

from ml.registry.repository import Connection

_VECTORS_AT_ONCE = 2000

# With an outer join PostgreSQL would expect to find enough after a few products, and look up the
# vector of each of them.
_LACKING = """
    from shop.products product
    where product.arrival_date <= now() and not exists (
        select from ml.text_embeddings embedded
        where embedded.item_id = product.item_id and embedded.encoder = %s
        and embedded.content_digest = product.content_digest
    )
"""


class ProductText(NamedTuple):
    """What a product says; the names are those of `ml.dataset.ITEM_COLUMNS`."""

    item_id: str
    product_name: str
    about_product: str
    content_digest: str


def wait_for_turn(connection: Connection) -> None:
    """Wait until no other process embeds texts, and keep them waiting to the transaction's end."""
    connection.execute("select pg_advisory_xact_lock(hashtext('ml.text_embeddings'))")


def changed_texts(connection: Connection, encoder: str, limit: int) -> list[ProductText]:
    """At most `limit` products that have arrived and whose present content was not looked at.

    The newest arrival comes first.
    """
    query = (
        "select product.item_id, product_name, about_product, product.content_digest"
        f"{_LACKING} order by product.arrival_date desc, product.item_id limit %s"
    )
    with connection.cursor(row_factory=class_row(ProductText)) as cursor:
        return cursor.execute(query, (encoder, limit)).fetchall()


def changed_count(connection: Connection, encoder: str) -> int:
    """The number of products that `changed_texts` finds without a limit."""
    row = connection.execute(f"select count(*) {_LACKING}", (encoder,)).fetchone()
    assert row
    return int(row[0])


def replace_text_embeddings(
    connection: Connection,
    encoder: str,
    texts: Sequence[ProductText],
    vectors: Sequence[npt.NDArray[np.float32] | None],
) -> None:
    """Write the vectors of products by one encoder; not of those that have gone meanwhile.

    Args:
        connection: an open one.
        encoder: its name.
        texts: the products, as they were embedded.
        vectors: of unit length; None for a text that says nothing.
    """
    register_vector(connection)
    rows = [
        (encoder, each.content_digest, None if vector is None else HalfVector(vector), each.item_id)
        for each, vector in zip(texts, vectors, strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            insert into ml.text_embeddings (item_id, encoder, content_digest, embedding)
            select item_id, %s, %s, %s::halfvec from shop.products where item_id = %s
            on conflict (item_id, encoder) do update
            set content_digest = excluded.content_digest, embedding = excluded.embedding
            """,
            rows,
        )


def every_vector(
    connection: Connection, encoder: str, dimension: int
) -> tuple[list[str], npt.NDArray[np.float16]]:
    """All vectors by one encoder: item ids, and float16 (n, dimension)."""
    register_vector(connection)
    count = connection.execute(
        "select count(embedding) from ml.text_embeddings where encoder = %s", (encoder,)
    ).fetchone()
    assert count
    item_ids: list[str] = []
    vectors = np.empty((count[0], dimension), dtype=np.float16)
    with connection.cursor(name="text_vectors") as cursor:
        cursor.itersize = _VECTORS_AT_ONCE
        cursor.execute(
            "select item_id, embedding from ml.text_embeddings"
            " where encoder = %s and embedding is not null limit %s",
            (encoder, count[0]),
            binary=True,
        )
        for item_id, vector in cursor:
            vectors[len(item_ids)] = vector.to_numpy()
            item_ids.append(item_id)
    return item_ids, vectors[: len(item_ids)]


def written_vectors(
    connection: Connection, encoder: str, since: int
) -> dict[str, npt.NDArray[np.float32] | None]:
    """The vectors by one encoder that were written since a `item_vectors.snapshot`, by item id.

    float32 (d,); None where the text says nothing.
    """
    register_vector(connection)
    rows = connection.cursor(binary=True).execute(
        "select item_id, embedding from ml.text_embeddings where encoder = %s and written_by >= %s",
        (encoder, since),
    )
    return {
        item_id: None if vector is None else vector.to_numpy().astype(np.float32)
        for item_id, vector in rows
    }


def delete_other_encoders(connection: Connection, encoder: str) -> None:
    """Delete the vectors that another encoder has made."""
    connection.execute("delete from ml.text_embeddings where encoder <> %s", (encoder,))
