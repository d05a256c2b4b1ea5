"""Encoded events as PostgreSQL reads them: their own JSON, as one parameter of a statement.

Making rows and arrays of events takes a worker, which has one core, ten times as long as
PostgreSQL takes to read their JSON.
"""

from collections.abc import Iterable


def json_array(events: Iterable[bytes]) -> str:
    """A JSON array of encoded events."""
    return f"[{b','.join(events).decode()}]"
