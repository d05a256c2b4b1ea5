"""The bounds that data must keep."""

from pydantic import BaseModel, ConfigDict, Field


class DataBounds(BaseModel):
    """What the data of a run must keep to train a model. Shares are of 1.

    In RetailRocket's log, with its bots, one user has 5 % of all interactions and 30 % of a day's,
    one item .2 % and 2 %; in that of Amazon Toys one user has .4 % and one item .2 %.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_fall: float = Field(default=0.2, ge=0, le=1)
    """Share of the interactions, users or items of the live version's run that may be missing."""
    max_unknown_items: float = Field(default=0.9, ge=0, le=1)
    """Share of the interactions whose item is not in the catalogue. An item that is sold no more
    leaves its interactions behind; ids of another kind leave hardly any that is known."""
    max_unknown_users: float = Field(default=1.0, ge=0, le=1)
    """Share of the interactions whose user has not signed up. Guests do not, so only the shop knows
    what is usual; a replayed log has no sign-ups at all."""
    min_interactions: int = Field(default=1000, ge=1)
    """Interactions below which a share of one user or item, of unknown ids or of verdicts says
    nothing."""
    max_user_share: float = Field(default=0.2, gt=0, le=1)
    """Share of one user in all interactions."""
    max_item_share: float = Field(default=0.2, gt=0, le=1)
    """Share of one item in all interactions."""
    recent_days: int = Field(default=7, ge=1)
    """Days before the newest interaction, each of which is looked at alone."""
    min_day_interactions: int = Field(default=200, ge=1)
    """Interactions of a day below which a share within it says nothing."""
    max_user_day_share: float = Field(default=0.5, gt=0, le=1)
    """Share of one user in the interactions of a recent day: more is a bot or a test."""
    max_item_day_share: float = Field(default=0.5, gt=0, le=1)
    """Share of one item in the interactions of a recent day."""
    max_positive_verdicts: float = Field(default=0.95, gt=0, le=1)
    """Share of the positive verdicts among all verdicts on views."""
    max_verdict_change: float = Field(default=0.2, gt=0, le=1)
    """By how much that share may differ from that of the live version's run."""
    max_future: float = Field(default=0.01, ge=0, le=1)
    """Interactions that happened after the present, as a share of these and of those of the newest
    day, of which at least `min_interactions` are assumed. No model learns from them."""
    max_clock_seconds: float = Field(default=300.0, ge=0)
    """By how many seconds the clock of the run may be ahead of the database's."""
