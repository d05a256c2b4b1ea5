"""What this browser searched for: kept in its session's cookie for a day, and nowhere else."""

from datetime import UTC, datetime, timedelta

from flask import session

_KEY = "searched"
_MAX_SEARCHES = 8
_MAX_BYTES = 600
"""Of the queries: a browser keeps 4 KB per cookie (RFC 6265, section 6.1)."""
_FORGOTTEN_AFTER = timedelta(days=1)


def remember(query: str) -> None:
    """Remember a query; the oldest make room."""
    others = [(text, at) for text, at in _searches() if text != query]
    kept = [(query, int(datetime.now(UTC).timestamp())), *others][:_MAX_SEARCHES]
    while sum(len(text.encode()) for text, _ in kept) > _MAX_BYTES:
        kept.pop()
    session[_KEY] = kept


def recent_searches() -> list[str]:
    """The queries of the last day, the newest first."""
    return [text for text, _ in _searches()]


def _searches() -> list[tuple[str, int]]:
    since = (datetime.now(UTC) - _FORGOTTEN_AFTER).timestamp()
    return [(text, at) for text, at in session.get(_KEY, ()) if at > since]
