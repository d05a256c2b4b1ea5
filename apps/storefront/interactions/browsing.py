"""The browsing session: what one shopper does without a pause of 30 minutes."""

from datetime import UTC, datetime, timedelta

from flask import session

from streams.contracts import SESSION_GAP, new_id

_REFRESH = timedelta(minutes=1)


def touch(now: datetime | None = None) -> str:
    """Note that the shopper is active and return the session's id, a new one after a pause."""
    now = now or datetime.now(UTC)
    seen_at = datetime.fromtimestamp(session.get("browsing_at", 0), UTC)
    if "browsing_id" not in session or now - seen_at > SESSION_GAP:
        session["browsing_id"] = str(new_id())
        session["browsing_at"] = now.timestamp()
    elif now - seen_at > _REFRESH:
        # Not at every request: each change sends the cookie anew.
        session["browsing_at"] = now.timestamp()
    return str(session["browsing_id"])
