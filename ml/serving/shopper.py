"""Whom a list is for."""

from collections.abc import Sequence
from dataclasses import dataclass

from streams.contracts import Interaction


@dataclass(frozen=True, slots=True)
class Shopper:
    """A shopper, or a visitor without an account, with all that is known of them now."""

    user_id: str | None
    """None for a visitor."""
    preferences: Sequence[str] = ()
    history: Sequence[Interaction] = ()
    """The live history, newest last."""
