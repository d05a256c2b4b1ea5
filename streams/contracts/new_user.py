"""A shopper who signed up."""

from datetime import datetime

from streams.contracts.event import Event
from streams.contracts.instant import Instant
from streams.contracts.text import Key, Line

MAX_PREFERENCES = 5
"""Preferred categories that a shopper may state."""


class NewUser(Event):
    """One sign-up, on topic `new-users`; sent again when the preferences change."""

    user_id: Key
    user_name: Line
    preferences: Line
    """Names of preferred categories, joined by `|`; may be empty."""
    signup_date: Instant

    @property
    def key(self) -> str:
        """The user, so that all their events keep their order."""
        return self.user_id

    @property
    def occurred_at(self) -> datetime:
        """The sign-up, also of an event that changes the preferences."""
        return self.signup_date
