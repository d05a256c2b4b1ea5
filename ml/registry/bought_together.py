"""SQL on what is bought together, by version.

Functions take an open connection; the caller commits.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ml.registry.repository import Connection

_ITEMS_AT_ONCE = 2000


class Together(NamedTuple):
    """What the shoppers who bought an item bought as well; three sequences of one length."""

    item_id: str
    together: Sequence[str]
    """Item ids, best first."""
    shoppers: Sequence[int]
    """How many shoppers bought both."""
    lifts: Sequence[float]
    """How many times as many they are as chance would have it, shrunk towards 1."""


def write(connection: Connection, version: str, rows: Iterable[Together]) -> int:
    """Replace what the version knows; returns the number of rows."""
    connection.execute("delete from ml.bought_together where version = %s", (version,))
    count = 0
    with connection.cursor() as cursor:
        with cursor.copy(
            "copy ml.bought_together (version, item_id, together, shoppers, lifts)"
            " from stdin with (format binary)"
        ) as copy:
            copy.set_types(["text", "text", "text[]", "int4[]", "float4[]"])
            for row in rows:
                copy.write_row((version, row.item_id, *map(list, row[1:])))
                count += 1
        cursor.execute("analyze ml.bought_together")
    return count


def read(connection: Connection, version: str) -> Iterator[Together]:
    """What the version knows, in the order of the item ids; few rows at a time in memory."""
    with connection.cursor(name="bought_together") as cursor:
        cursor.itersize = _ITEMS_AT_ONCE
        cursor.execute(
            "select item_id, together, shoppers, lifts from ml.bought_together where version = %s"
            " order by item_id",
            (version,),
            binary=True,
        )
        yield from map(Together._make, cursor)
