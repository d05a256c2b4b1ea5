import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from streams.contracts import Interaction, InteractionType, derived_id
from streams.live_history import HISTORY_LENGTH
from streams.processor.state import ShopperState

START = datetime(2026, 1, 1, tzinfo=UTC)
GAP = timedelta(minutes=30)
VIEW, CART, PURCHASE, RATE = (
    InteractionType.VIEW,
    InteractionType.CART,
    InteractionType.PURCHASE,
    InteractionType.RATE,
)


def event(
    minute: float, item: str, kind: InteractionType, session: str | None = None
) -> Interaction:
    timestamp = START + timedelta(minutes=minute)
    return Interaction(
        interaction_id=derived_id(timestamp, item, kind),
        user_id="u",
        item_id=item,
        timestamp=timestamp,
        interaction_type=kind,
        rating=4.0 if kind is RATE else None,
        session_id=session,
    )


def last_verdicts(
    events: Iterable[Interaction], *, close: bool = True
) -> dict[tuple[str, float], str]:
    """The last verdict on each view, by item and minute."""
    state = ShopperState()
    verdicts = [verdict for each in events for verdict in state.apply(each, GAP)]
    if close:
        verdicts += state.close("u")
    last = {verdict.interaction_id: verdict for verdict in verdicts}
    return {
        (each.item_id, (each.timestamp - START) / timedelta(minutes=1)): each.interaction_type.value
        for each in last.values()
    }


def test_a_view_that_a_purchase_follows_is_positive_and_the_others_negative() -> None:
    events = [event(0, "a", VIEW), event(1, "b", VIEW), event(2, "a", PURCHASE)]
    assert last_verdicts(events) == {("a", 0): "positive_view", ("b", 1): "negative_view"}


@pytest.mark.parametrize("kind", [CART, PURCHASE, RATE])
def test_each_kind_of_action_makes_a_view_positive_at_once(kind: InteractionType) -> None:
    events = [event(0, "a", VIEW), event(1, "a", kind)]
    assert last_verdicts(events, close=False) == {("a", 0): "positive_view"}


def test_a_view_after_the_purchase_is_negative() -> None:
    events = [event(0, "a", PURCHASE), event(1, "a", VIEW)]
    assert last_verdicts(events) == {("a", 1): "negative_view"}


def test_a_purchase_in_the_next_session_does_not_count() -> None:
    events = [event(0, "a", VIEW), event(31, "a", PURCHASE)]
    assert last_verdicts(events) == {("a", 0): "negative_view"}


def test_sessions_with_ids_are_judged_apart() -> None:
    events = [event(0, "a", VIEW, "phone"), event(1, "a", CART, "laptop")]
    assert last_verdicts(events) == {("a", 0): "negative_view"}


def test_an_open_session_has_no_negative_verdicts_yet() -> None:
    assert last_verdicts([event(0, "a", VIEW)], close=False) == {}


def test_a_purchase_overrules_the_verdict_of_a_session_closed_too_early() -> None:
    state = ShopperState()
    assert list(state.apply(event(0, "a", VIEW), GAP)) == []
    (early,) = state.close("u")
    (late,) = state.apply(event(5, "a", PURCHASE), GAP)
    assert early.interaction_id == late.interaction_id
    assert late.interaction_type is InteractionType.POSITIVE_VIEW


def test_delivering_any_tail_again_changes_no_verdict() -> None:
    rng = random.Random(7)
    for _ in range(200):
        minute, events = 0.0, []
        for _ in range(30):
            minute += rng.choice([1, 2, 5, 45])
            kind = rng.choice([VIEW, VIEW, VIEW, CART, PURCHASE])
            events.append(event(minute, rng.choice("abcd"), kind))
        cut = rng.randrange(len(events))
        assert last_verdicts([*events, *events[cut:]]) == last_verdicts(events)


def test_the_state_survives_storage() -> None:
    state = ShopperState()
    list(state.apply(event(0, "a", VIEW, "s"), GAP))
    assert ShopperState.model_validate_json(state.model_dump_json()) == state
    assert state.has_open_views


def test_the_history_keeps_interactions_without_their_review_texts() -> None:
    state = ShopperState()
    rated = event(0, "a", RATE).model_copy(update={"review_title": "t", "review_content": "c"})
    list(state.apply(rated, GAP))
    assert state.history == [event(0, "a", RATE)]


def test_an_entry_of_another_version_is_left_out() -> None:
    state = ShopperState()
    for minute, item in enumerate("ab"):
        list(state.apply(event(minute, item, CART), GAP))
    stored = state.model_dump_json().replace(':"cart"', ':"wish"', 1)
    assert [past.item_id for past in ShopperState.model_validate_json(stored).history] == ["b"]


def test_the_history_keeps_the_newest_events_once_and_in_order() -> None:
    state = ShopperState()
    events = [event(each, f"i{each}", CART) for each in range(HISTORY_LENGTH + 5)]
    for each in [*events, *events[-3:]]:
        list(state.apply(each, GAP))
    assert [past.item_id for past in state.history] == [
        each.item_id for each in events[-HISTORY_LENGTH:]
    ]
