"""Records as the processor reads them."""

from typing import NamedTuple


class Record(NamedTuple):
    """A record of a public topic."""

    topic: str
    partition: int
    offset: int
    value: bytes | None
    key: bytes | None = None
    headers: tuple[tuple[str, bytes | None], ...] = ()
