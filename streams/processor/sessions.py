"""Verdicts on views: a function of the set of a session's events, in whatever order they arrive.

A session is what one shopper does under one session id without a pause longer than the gap;
interactions without an id share the id ''. A view is positive if a cart, purchase or rating of its
item has the same instant or a later one of its session; the other views are negative.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Self
from uuid import UUID

from pydantic_core import to_json

from streams.contracts import Interaction, InteractionType, derived_id

SessionKey = tuple[str, str]
"""User id and session id."""


class SessionEvent(NamedTuple):
    """What a verdict needs of an interaction, and the verdict that was published last."""

    interaction_id: UUID
    item_id: str
    timestamp: datetime
    is_view: bool
    verdict: InteractionType | None = None


class Verdict(NamedTuple):
    """An interaction that judges a view: those of its fields that it has.

    Its id is derived from the view's, so a later one replaces an earlier one.
    """

    interaction_id: UUID
    user_id: str
    item_id: str
    timestamp: datetime
    interaction_type: InteractionType

    @classmethod
    def on(cls, view: SessionEvent, user_id: str, kind: InteractionType) -> Self:
        """The verdict on a user's view."""
        return cls(
            derived_id(view.timestamp, "verdict", str(view.interaction_id)),
            user_id,
            view.item_id,
            view.timestamp.astimezone(UTC),
            kind,
        )

    def encode(self) -> bytes:
        """As an `Interaction` is encoded; making one takes three times as long as all the rest."""
        return to_json(self._asdict())


def key_of(interaction: Interaction) -> SessionKey:
    """The session that an interaction is of."""
    return interaction.user_id, interaction.session_id or ""


def judge(
    events: Iterable[SessionEvent], gap: timedelta
) -> Iterator[tuple[SessionEvent, InteractionType]]:
    """The verdict on each view among all events of a session id."""
    for session in _sessions(events, gap):
        newest_action: dict[str, datetime] = {}
        for event in session:
            if not event.is_view:
                newest_action[event.item_id] = event.timestamp
        for event in session:
            if event.is_view:
                action = newest_action.get(event.item_id)
                positive = action is not None and action >= event.timestamp
                yield event, _POSITIVE if positive else _NEGATIVE


def with_verdicts(
    events: Iterable[tuple[SessionEvent, bool]], gap: timedelta
) -> list[SessionEvent]:
    """The events with the verdicts that were published last, from whether each was judged then."""
    pairs = list(events)
    judged = [event for event, was_judged in pairs if was_judged]
    if not judged:
        return [event for event, _ in pairs]
    published = {view.interaction_id: verdict for view, verdict in judge(judged, gap)}
    return [event._replace(verdict=published.get(event.interaction_id)) for event, _ in pairs]


def changed(
    user_id: str, events: Iterable[SessionEvent], gap: timedelta
) -> Iterator[tuple[SessionEvent, Verdict]]:
    """The verdicts that differ from those published last, each with its view."""
    for view, kind in judge(events, gap):
        if kind is not view.verdict:
            yield view, Verdict.on(view, user_id, kind)


_POSITIVE, _NEGATIVE = InteractionType.POSITIVE_VIEW, InteractionType.NEGATIVE_VIEW


def _sessions(events: Iterable[SessionEvent], gap: timedelta) -> Iterator[list[SessionEvent]]:
    """The events in the order of their instants, cut at each pause."""
    session: list[SessionEvent] = []
    for event in sorted(events, key=lambda event: event.timestamp):
        if session and event.timestamp - session[-1].timestamp > gap:
            yield session
            session = []
        session.append(event)
    if session:
        yield session
