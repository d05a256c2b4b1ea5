"""SQL that finds products whose present content a version's vectors lack, and writes theirs.

Functions take an open connection; the caller commits.
"""

from collections.abc import Sequence

import numpy as np
from pgvector import Vector
from pgvector.psycopg import register_vector

from ml.registry.repository import Connection


def changed_items(connection: Connection, version: str, limit: int) -> list[str]:
    """At most `limit` products that have arrived and lack a vector of their present content.

    The newest arrival comes first.
    """
    rows = connection.execute(
        """
        select product.item_id from shop.products product
        left join ml.item_vectors vector
            on vector.version = %s and vector.item_id = product.item_id
        where product.arrival_date <= now()
        and vector.content_digest is distinct from product.content_digest
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
