"""SQL on what has changed in the catalogue."""

from collections.abc import Collection
from typing import Any, NamedTuple

from psycopg import Connection


class Changes(NamedTuple):
    """What has changed since a snapshot."""

    snapshot: int
    """The oldest transaction of which something may not be seen yet; all before it have ended."""
    item_ids: Collection[str]
    """Products that were changed or removed; the empty id stands for all."""


def changes(connection: Connection[Any], since: int | None = None) -> Changes:
    """The products that were changed or removed since a snapshot; None: only the snapshot of now.

    What one transaction wrote may be named several times, until all older ones have ended.
    """
    row = connection.execute(
        "select pg_snapshot_xmin(pg_current_snapshot())::text::bigint,"
        " array(select item_id from shop.product_changes where written_by >= %s::bigint)",
        (since,),
    ).fetchone()
    assert row
    return Changes(*row)
