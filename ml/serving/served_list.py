"""What the recommender answers: a list with where it comes from, and what it could serve now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from ml.serving.chain.candidates import Candidate, Reason, ReasonKind
from ml.serving.chain.chain import ListSource
from streams.contracts import Interaction


@dataclass(frozen=True, slots=True)
class ServedList:
    """A list with where it comes from."""

    candidates: tuple[Candidate, ...]
    """Best first, each with its reason."""
    source: ListSource
    """The first candidate source that had any: live -> precomputed -> trending -> popular."""
    model_version: str | None
    """The version that made it; None for `trending`, which no model makes, and for `none`."""
    history: Sequence[Interaction] = ()
    """What the shopper did lately, as far as it was known when it was made; the newest last."""
    preferences: Sequence[str] = ()
    """Departments that the shopper has stated."""
    to_buy_again: tuple[str, ...] = ()
    """For the home page: what they bought and is due again, the newest purchase first."""

    @property
    def from_history(self) -> bool:
        """Whether it was known what the shopper did lately."""
        return bool(self.history)

    @property
    def item_ids(self) -> tuple[str, ...]:
        """Best first."""
        return tuple(each.item_id for each in self.candidates)

    @classmethod
    def of(cls, item_ids: Sequence[str], source: ListSource, model_version: str | None) -> Self:
        """A list of which only the order is known."""
        reason = Reason(ReasonKind.LISTED)
        listed = tuple(Candidate(item_id, source, reason) for item_id in item_ids)
        return cls(listed, source, model_version)


@dataclass(frozen=True, slots=True)
class RecommenderStatus:
    """What the recommender could serve now."""

    model_version: str | None
    """The live version; None before the first training."""
    source: ListSource
    """Of the list for a visitor of whom nothing is known."""
    rejected_versions: int = 0
    """How many of the newest versions in a row the gate has rejected."""
    newest_version_at: datetime | None = None
    """When the pipeline made the newest version, promoted or not."""
    registry_behind_since: datetime | None = None
    """Since when the model registry has lacked a change; None where it has all, or is none."""
    has_bundle: bool = False
    """Whether the live version's bundle is loaded, so that shoppers are encoded as they act."""
