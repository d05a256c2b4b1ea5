"""The state of one shopper: open sessions, the verdicts on their views, and the live history.

A view gets the verdict `positive_view` as soon as a cart, purchase or rating of its item follows in
its session. The other views of a session get `negative_view` when it ends. A verdict's id is
derived from its view's, and the last verdict on a view stands. A batch that Kafka delivers again,
or a log that is replayed, therefore leaves the same verdicts as one that arrives once.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import BaseModel, Field, OnErrorOmit

from streams import live_history
from streams.contracts import Interaction, InteractionType, derived_id


class OpenView(BaseModel):
    """A view that has no verdict yet."""

    view_id: UUID
    item_id: str
    timestamp: datetime


class Session(BaseModel):
    """The instant of a session's latest interaction, and its views that have no verdict yet."""

    latest: datetime
    views: list[OpenView] = Field(default_factory=list)


class ShopperState(BaseModel):
    """The state of one shopper, kept between batches."""

    sessions: dict[str, Session] = Field(default_factory=dict)
    """By session id; interactions without one share the id '' and only the gap separates them."""
    history: list[OnErrorOmit[Interaction]] = Field(default_factory=list)
    """The live history, oldest first; an entry that only another version can read is left out."""

    @property
    def has_open_views(self) -> bool:
        """Whether a view still has no verdict."""
        return any(session.views for session in self.sessions.values())

    @property
    def latest(self) -> datetime | None:
        """The instant of the newest interaction of any session."""
        return max((session.latest for session in self.sessions.values()), default=None)

    def apply(self, interaction: Interaction, gap: timedelta) -> Iterator[Interaction]:
        """Take in one interaction and yield the verdicts that follow from it."""
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
            yield from _positive_verdicts(session, interaction)
        self.history = live_history.extend(self.history, interaction)

    def close(self, user_id: str) -> Iterator[Interaction]:
        """End every session and yield its negative verdicts.

        The views stay in the state, so that a purchase that arrives late still makes its view
        positive.
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


def _positive_verdicts(session: Session, interaction: Interaction) -> Iterator[Interaction]:
    open_views = []
    for view in session.views:
        if view.item_id == interaction.item_id and view.timestamp <= interaction.timestamp:
            yield _verdict(interaction.user_id, view, InteractionType.POSITIVE_VIEW)
        else:
            open_views.append(view)
    session.views = open_views


def _verdict(user_id: str, view: OpenView, verdict_type: InteractionType) -> Interaction:
    return Interaction(
        interaction_id=derived_id(view.timestamp, "verdict", str(view.view_id)),
        user_id=user_id,
        item_id=view.item_id,
        timestamp=view.timestamp,
        interaction_type=verdict_type,
    )
