"""What the processor remembers of one shopper: open sessions and the recent history.

A view that a cart, purchase or rating of its item follows in its session is judged positive, at
once; the others of a session are judged negative when it ends. A verdict's id is derived from its
view's and the last verdict on a view stands. So a batch that Kafka delivers again, or a log that is
replayed, leaves the same verdicts as one that arrives once.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import BaseModel, Field

from streams.contracts import Interaction, InteractionType, derived_id

HISTORY_LENGTH = 50


class OpenView(BaseModel):
    """A view on which there is no verdict yet."""

    view_id: UUID
    item_id: str
    timestamp: datetime


class Session(BaseModel):
    """A visit: its latest event and the views still without a verdict."""

    latest: datetime
    views: list[OpenView] = Field(default_factory=list)


class PastEvent(BaseModel):
    """One entry of the live history."""

    interaction_id: UUID
    item_id: str
    interaction_type: InteractionType
    timestamp: datetime
    rating: float | None = None
    quantity: int | None = None


class Shopper(BaseModel):
    """The memory of one shopper, kept between batches."""

    sessions: dict[str, Session] = Field(default_factory=dict)
    """By session id; events without one share the id '' and are cut by the gap alone."""
    history: list[PastEvent] = Field(default_factory=list)
    """The newest HISTORY_LENGTH events, oldest first."""

    @property
    def has_open_views(self) -> bool:
        """Whether a verdict is still due."""
        return any(session.views for session in self.sessions.values())

    @property
    def latest(self) -> datetime | None:
        """The instant of the newest event of any session."""
        return max((session.latest for session in self.sessions.values()), default=None)

    def apply(self, interaction: Interaction, gap: timedelta) -> Iterator[Interaction]:
        """Take in one interaction and yield the verdicts that it brings about."""
        yield from self._end_sessions(interaction, gap)
        session = self.sessions.setdefault(
            interaction.session_id or "", Session(latest=interaction.timestamp)
        )
        session.latest = max(session.latest, interaction.timestamp)
        if interaction.interaction_type is InteractionType.VIEW:
            view = OpenView(
                view_id=interaction.interaction_id,
                item_id=interaction.item_id,
                timestamp=interaction.timestamp,
            )
            if view not in session.views:
                session.views.append(view)
        else:
            yield from _judge_positive(session, interaction)
        self._remember(interaction)

    def close(self, user_id: str) -> Iterator[Interaction]:
        """End every session and yield its negative verdicts; a later event may still overrule one.

        The views stay known, so that a purchase that arrives late is not lost on them.
        """
        for session in self.sessions.values():
            for view in session.views:
                yield _verdict(user_id, view, InteractionType.NEGATIVE_VIEW)

    def _end_sessions(self, interaction: Interaction, gap: timedelta) -> Iterator[Interaction]:
        ended = [
            key
            for key, session in self.sessions.items()
            if abs(interaction.timestamp - session.latest) > gap
        ]
        for key in ended:
            for view in self.sessions.pop(key).views:
                yield _verdict(interaction.user_id, view, InteractionType.NEGATIVE_VIEW)

    def _remember(self, interaction: Interaction) -> None:
        if any(past.interaction_id == interaction.interaction_id for past in self.history):
            return
        past = PastEvent.model_validate(interaction, from_attributes=True)
        newest = sorted([*self.history, past], key=lambda event: event.timestamp)
        self.history = newest[-HISTORY_LENGTH:]


def _judge_positive(session: Session, interaction: Interaction) -> Iterator[Interaction]:
    rest = []
    for view in session.views:
        if view.item_id == interaction.item_id and view.timestamp <= interaction.timestamp:
            yield _verdict(interaction.user_id, view, InteractionType.POSITIVE_VIEW)
        else:
            rest.append(view)
    session.views = rest


def _verdict(user_id: str, view: OpenView, judgement: InteractionType) -> Interaction:
    return Interaction(
        interaction_id=derived_id(view.timestamp, "verdict", str(view.view_id)),
        user_id=user_id,
        item_id=view.item_id,
        timestamp=view.timestamp,
        interaction_type=judgement,
    )
