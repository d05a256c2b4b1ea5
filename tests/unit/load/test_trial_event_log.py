"""The definition of a verdict by which trials are judged is that of the docs."""

from datetime import UTC, datetime, timedelta

from support.event_log import verdicts

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


def event(minute: float, kind: str, item: str, session: str | None = "s") -> dict[str, str | None]:
    at = (NOON + timedelta(minutes=minute)).isoformat()
    return {
        "user_id": "u",
        "session_id": session,
        "timestamp": at,
        "interaction_type": kind,
        "item_id": item,
    }


def judged(*events: dict[str, str | None]) -> list[str]:
    return [kind for kinds in verdicts(list(events)).values() for kind in kinds]


def test_a_view_is_positive_if_more_follows_in_its_session() -> None:
    view = event(0, "view", "a")
    assert judged(event(5, "cart", "a"), view) == ["positive_view"]
    assert judged(view, event(0, "rate", "a")) == ["positive_view"]
    assert judged(view, event(5, "cart", "b")) == ["negative_view"]
    assert judged(view, event(-1, "purchase", "a")) == ["negative_view"]
    assert judged(view, event(5, "cart", "a", session="t")) == ["negative_view"]


def test_a_session_ends_with_a_pause() -> None:
    view = event(0, "view", "a")
    assert judged(view, event(30, "cart", "a")) == ["positive_view"]
    assert judged(view, event(30.1, "cart", "a")) == ["negative_view"]
    assert judged(view, event(20, "view", "b"), event(40, "cart", "a")) == [
        "positive_view",
        "negative_view",
    ]
