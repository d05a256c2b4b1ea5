import itertools
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.contracts import Interaction, InteractionType, derived_id
from streams.processor.sessions import SessionEvent, Verdict, changed, judge

START = datetime(2026, 1, 1, tzinfo=UTC)
GAP = timedelta(minutes=30)
VIEW, ACTION = True, False
POSITIVE, NEGATIVE = InteractionType.POSITIVE_VIEW, InteractionType.NEGATIVE_VIEW


def event(minute: float, item: str, is_view: bool) -> SessionEvent:  # noqa: FBT001
    timestamp = START + timedelta(minutes=minute)
    return SessionEvent(derived_id(timestamp, item, str(is_view)), item, timestamp, is_view)


def verdicts(*events: SessionEvent) -> dict[tuple[str, float], str]:
    """By item and minute of the view."""
    return {
        (view.item_id, (view.timestamp - START) / timedelta(minutes=1)): verdict.value
        for view, verdict in judge(events, GAP)
    }


def test_a_view_that_an_action_follows_is_positive_and_the_others_negative() -> None:
    found = verdicts(event(0, "a", VIEW), event(1, "b", VIEW), event(2, "a", ACTION))
    assert found == {("a", 0): "positive_view", ("b", 1): "negative_view"}


def test_a_view_after_the_action_is_negative() -> None:
    assert verdicts(event(0, "a", ACTION), event(1, "a", VIEW)) == {("a", 1): "negative_view"}


def test_an_action_at_the_same_instant_counts() -> None:
    assert verdicts(event(1, "a", ACTION), event(1, "a", VIEW)) == {("a", 1): "positive_view"}


@pytest.mark.parametrize(("minute", "verdict"), [(30, "positive_view"), (30.1, "negative_view")])
def test_an_action_after_a_longer_pause_does_not_count(minute: float, verdict: str) -> None:
    assert verdicts(event(0, "a", VIEW), event(minute, "a", ACTION)) == {("a", 0): verdict}


def test_what_is_between_keeps_a_session_together() -> None:
    events = [event(0, "a", VIEW), event(20, "b", ACTION), event(40, "a", ACTION)]
    assert verdicts(*events) == {("a", 0): "positive_view"}
    assert verdicts(events[0], events[2]) == {("a", 0): "negative_view"}


def test_only_verdicts_that_differ_from_the_published_are_published() -> None:
    view, other = event(0, "a", VIEW), event(1, "b", VIEW)
    known = SessionEvent(
        other.interaction_id, other.item_id, other.timestamp, is_view=True, verdict=NEGATIVE
    )
    ((judged_view, first),) = changed("u", [view, known], GAP)
    assert (judged_view, first.interaction_type) == (view, NEGATIVE)
    judged = SessionEvent(view.interaction_id, "a", view.timestamp, is_view=True, verdict=NEGATIVE)
    ((_, corrected),) = changed("u", [judged, known, event(5, "a", ACTION)], GAP)
    assert corrected.interaction_type is POSITIVE
    assert corrected.interaction_id == first.interaction_id
    assert corrected.timestamp == view.timestamp


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=128)


@given(
    st.uuids(),
    TEXTS,
    TEXTS,
    st.datetimes(datetime(1990, 1, 2), datetime(2099, 12, 30)),  # noqa: DTZ001 - zones follow
    st.sampled_from((UTC, timezone(timedelta(hours=5, minutes=30)), ZoneInfo("Europe/Berlin"))),
    st.sampled_from((POSITIVE, NEGATIVE)),
)
def test_a_verdict_is_encoded_as_its_interaction_is(  # noqa: PLR0917 - one per field
    view_id: UUID,
    user: str,
    item: str,
    instant: datetime,
    zone: tzinfo,
    kind: InteractionType,
) -> None:
    timestamp = instant.replace(tzinfo=zone)
    verdict = Verdict.on(SessionEvent(view_id, item, timestamp, is_view=True), user, kind)
    interaction = Interaction(
        interaction_id=verdict.interaction_id,
        user_id=user,
        item_id=item,
        timestamp=timestamp,
        interaction_type=kind,
    )
    assert verdict.encode() == interaction.encode()
    assert Interaction.decode(verdict.encode()) == interaction


def by_definition(events: Sequence[SessionEvent]) -> dict[UUID, InteractionType]:
    """Word for word: a chain of events without a long pause leads from a view to its action."""

    def connected(first: datetime, last: datetime) -> bool:
        between = sorted({each.timestamp for each in events if first <= each.timestamp <= last})
        return all(b - a <= GAP for a, b in itertools.pairwise(between))

    return {
        view.interaction_id: POSITIVE
        if any(
            not action.is_view
            and action.item_id == view.item_id
            and action.timestamp >= view.timestamp
            and connected(view.timestamp, action.timestamp)
            for action in events
        )
        else NEGATIVE
        for view in events
        if view.is_view
    }


EVENTS = st.lists(
    st.builds(event, st.integers(0, 300), st.sampled_from("abc"), st.booleans()),
    max_size=30,
    unique_by=lambda each: each.interaction_id,
)


@given(EVENTS, st.randoms(use_true_random=False))
def test_verdicts_are_a_function_of_the_set_of_events(
    events: list[SessionEvent], order: random.Random
) -> None:
    expected = by_definition(events)
    order.shuffle(events)
    assert {view.interaction_id: verdict for view, verdict in judge(events, GAP)} == expected
