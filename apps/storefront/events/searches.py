"""What a shopper searches for, as an event.

Searches are of the same people as views and impressions: shoppers with an account. What a visitor
without one searches for stays in their browser.
"""

from datetime import UTC, datetime

from flask import g
from prometheus_client import Counter

from apps.storefront.events.activity import shopping_session
from streams.contracts import Search, new_id
from streams.contracts.search import normalised

DROPPED = Counter(
    "recsys_searches_dropped_total", "Searches lost because Kafka did not take them in time."
)


def note_search(query: str, result_count: int, *, surface: str = "search") -> None:
    """Note that this request answers a search; without words it is none.

    Call it where the first page of a result is answered: further pages are no searches.

    Args:
        query: as the shopper wrote it.
        result_count: of all pages.
        surface: that of the impressions of the result.
    """
    if words := normalised(query):
        g.search = (words, result_count, surface)


def noted_query() -> str | None:
    """What this request searched for, normalised; None: it answers no search."""
    return g.search[0] if "search" in g else None


def search_of(user_id: str) -> Search:
    """What this request has noted, as an event."""
    query, result_count, surface = g.search
    return Search(
        search_id=new_id(),
        user_id=user_id,
        timestamp=datetime.now(UTC),
        query=query,
        result_count=result_count,
        surface=surface,
        session_id=shopping_session(),
    )
