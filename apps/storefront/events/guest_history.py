"""What a visitor without an account looks at: kept in their session's cookie, and nowhere else.

It makes their recommendations follow them, and joins the account that they open.
"""

from datetime import UTC, datetime, timedelta

from flask import session

from apps.storefront.events.activity import shopping_session
from streams.contracts import Interaction, InteractionType, new_id

_KEY = "viewed"
_MAX_VIEWS = 20
_MAX_BYTES = 1200
"""Of the item ids: a browser keeps 4 KB per cookie (RFC 6265, section 6.1)."""
_FORGOTTEN_AFTER = timedelta(days=1)


def note_view(item_id: str) -> None:
    """Note that the visitor looks at a product; the oldest views make room."""
    views = [*_views(), (item_id, int(datetime.now(UTC).timestamp()))][-_MAX_VIEWS:]
    while sum(len(each.encode()) for each, _ in views) > _MAX_BYTES:
        views = views[1:]
    session[_KEY] = views


def guest_history(user_id: str = "guest") -> list[Interaction]:
    """The visitor's views, oldest first; as events of the account that they have just opened."""
    return [
        Interaction(
            interaction_id=new_id(),
            user_id=user_id,
            item_id=item_id,
            timestamp=datetime.fromtimestamp(at, UTC),
            interaction_type=InteractionType.VIEW,
            session_id=shopping_session(),
        )
        for item_id, at in _views()
    ]


def _views() -> list[tuple[str, int]]:
    since = (datetime.now(UTC) - _FORGOTTEN_AFTER).timestamp()
    return [(item_id, at) for item_id, at in session.get(_KEY, ()) if at > since]
