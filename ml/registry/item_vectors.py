"""SQL on the item vectors of the versions, and on which products of the shop they lack.

Functions take an open connection; the caller commits.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from pgvector import Vector
from pgvector.psycopg import register_vector

from ml.registry.repository import Connection

_VECTORS_AT_ONCE = 2000


def write_item_vectors(
    connection: Connection,
    version: str,
    item_ids: Sequence[str],
    vectors: np.ndarray,
    digests: Sequence[str | None],
) -> None:
    """Replace the version's item vectors.

    Args:
        connection: an open one.
        version: whose vectors they are.
        item_ids: the items, each once.
        vectors: float32 (items, dim).
        digests: of the content that each vector was made from; None where it is unknown.
    """
    register_vector(connection)
    connection.execute("delete from ml.item_vectors where version = %s", (version,))
    with connection.cursor() as cursor:
        with cursor.copy(
            "copy ml.item_vectors (version, item_id, embedding, content_digest)"
            " from stdin with (format binary)"
        ) as copy:
            copy.set_types(["text", "text", "vector", "text"])
            for item_id, vector, digest in zip(item_ids, vectors, digests, strict=True):
                copy.write_row((version, item_id, Vector(vector), digest))
        cursor.execute("analyze ml.item_vectors")


def item_ids(connection: Connection, version: str) -> list[str]:
    """The items that the version has a vector of."""
    rows = connection.execute("select item_id from ml.item_vectors where version = %s", (version,))
    return [item_id for (item_id,) in rows]


def every_item_vector(connection: Connection, version: str) -> Iterator[tuple[str, np.ndarray]]:
    """The version's items by id, each with its vector, float32 (dim,); few at a time in memory."""
    register_vector(connection)
    with connection.cursor(name="item_vectors") as cursor:
        cursor.itersize = _VECTORS_AT_ONCE
        cursor.execute(
            "select item_id, embedding from ml.item_vectors where version = %s order by item_id",
            (version,),
            binary=True,
        )
        for item_id, vector in cursor:
            yield item_id, vector.to_numpy()


def snapshot(connection: Connection) -> int:
    """The oldest transaction of which something may not be seen yet; all before it have ended."""
    row = connection.execute("select pg_snapshot_xmin(pg_current_snapshot())::text").fetchone()
    assert row
    return int(row[0])


def changed_item_vectors(connection: Connection, version: str, since: int) -> dict[str, np.ndarray]:
    """The version's vectors that were written since a `snapshot`, float32 (dim,), by id."""
    register_vector(connection)
    rows = connection.cursor(binary=True).execute(
        "select item_id, embedding from ml.item_vectors where version = %s and written_by >= %s",
        (version, since),
    )
    return {item_id: vector.to_numpy() for item_id, vector in rows}


def departed_items(connection: Connection, version: str) -> list[str]:
    """The items that the version has a vector of and the shop does not sell any longer."""
    rows = connection.execute(
        "select item_id from ml.item_vectors vector where version = %s and not exists"
        " (select from shop.products product where product.item_id = vector.item_id)",
        (version,),
    )
    return [item_id for (item_id,) in rows]


def changed_items(connection: Connection, version: str, limit: int) -> list[str]:
    """At most `limit` products that have arrived and lack a vector of their present content.

    The newest arrival comes first.
    """
    rows = connection.execute(
        """
        select product.item_id from shop.products product
        where product.arrival_date <= now() and not exists (
            select from ml.item_vectors vector
            where vector.version = %s and vector.item_id = product.item_id
            and vector.content_digest = product.content_digest
        )
        order by product.arrival_date desc, product.item_id limit %s
        """,
        (version, limit),
    )
    return [item_id for (item_id,) in rows]


def replace_item_vectors(
    connection: Connection,
    version: str,
    item_ids: Sequence[str],
    vectors: np.ndarray,
    digests: Sequence[str],
) -> int:
    """Write the vectors of some items of a version; none if the version is not kept any longer.

    Args:
        connection: an open one.
        version: whose vectors they are.
        item_ids: the items, each once.
        vectors: float32 (items, dim).
        digests: of the content that each vector was made from.

    Returns:
        The number of vectors written.
    """
    register_vector(connection)
    # The lock keeps the version until the vectors are committed.
    kept = connection.execute(
        "select from ml.model_versions where version = %s for key share", (version,)
    ).fetchone()
    if kept is None:
        return 0
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            insert into ml.item_vectors (version, item_id, embedding, content_digest)
            values (%s, %s, %s, %s)
            on conflict (version, item_id) do update
            set embedding = excluded.embedding, content_digest = excluded.content_digest
            """,
            [
                (version, item_id, Vector(vector), digest)
                for item_id, vector, digest in zip(item_ids, vectors, digests, strict=True)
            ],
        )
    return len(item_ids)
