"""The bounds of the gate, and whether it is enforced."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from streams.errors import ConfigurationError

Mode = Literal["enforce", "report"]
"""`report` publishes a version whatever the checks say; what they say is kept all the same."""


class GateBounds(BaseModel):
    """What a version must keep to replace the live one. Shares are of 1."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_users: int = Field(default=50, ge=2)
    """Evaluated users below which recall and NDCG say nothing."""
    min_gain: float = Field(default=0.0, ge=-10, le=10)
    """Share of popularity's recall and NDCG that has to be gained surely. Where users hardly ever
    come back no model gains any; a negative share, down to -10, admits what may be a loss."""
    max_fall: float = Field(default=0.1, ge=0, lt=1)
    """Share of the live twin's recall or NDCG that may be lost. Another seed alone moves both, and
    no interval over users tells that from a loss."""
    min_segment_users: int = Field(default=50, ge=2)
    """Evaluated users below which a segment is not compared."""
    max_segment_fall: float = Field(default=0.2, ge=0, lt=1)
    """Share of the live twin's recall that may be lost in a segment."""
    min_coverage: float = Field(default=0.5, ge=0, le=1)
    """Different items in the evaluated lists, as a share of those in the live twin's lists."""
    max_items_gone: float = Field(default=0.2, ge=0, le=1)
    """Share of the live version's items that may be missing in the catalogue."""
    min_agreement: float = Field(default=0.1, ge=0, le=1)
    """Items that a list of the published model shares with its twin's list, as a share of its
    length and on average."""
    max_same_list: float = Field(default=0.5, gt=0, le=1)
    """Share of the sampled users who may have one and the same list."""


def require_measurement(mode: str, *, validate: bool) -> None:
    """Refuse a run that enforces what it does not measure.

    Raises:
        ConfigurationError: nothing is measured and the gate is enforced.
    """
    if mode == "enforce" and not validate:
        raise ConfigurationError(
            "without validation nothing is measured, and the gate cannot be enforced: leave"
            " validation on, or set gate to report, which publishes the version unmeasured"
        )
