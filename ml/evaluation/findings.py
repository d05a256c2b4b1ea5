"""What measuring a configuration finds, as a model card keeps it; light to import."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ml.evaluation.estimate import Estimate

Estimates = Mapping[str, Estimate]
"""By the name of the model."""


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Recall and NDCG after an epoch, on some of the users."""

    epoch: int
    recall: float
    ndcg: float


@dataclass(frozen=True, slots=True)
class SegmentEstimates:
    """How the models do on a part of what is held out."""

    of: str
    """What is parted: users or items."""
    name: str
    definition: str
    models: Estimates


@dataclass(frozen=True, slots=True)
class Validation:
    """Figures of a model trained without each user's last item, and of baselines on the same."""

    k: int
    held_out_users: int
    training_interactions: int
    models: Estimates
    """two_tower, popularity, and item_knn and ease where they are cheap."""
    segments: Sequence[SegmentEstimates]
    losses: Sequence[float]
    """Mean loss of each epoch."""
    curve: Sequence[CurvePoint]
    """Of a few epochs."""


@dataclass(frozen=True, slots=True)
class ColdStart:
    """Recall and NDCG on items and users that training has not seen."""

    k: int
    items: int
    """New items, among which each list chooses."""
    users: int
    """New users."""
    new_items: Estimates
    """two_tower; category_popularity, how many interactions the item's category has;
    category_history, how many of the items met by the user are in it, then the former; random.
    Empty where no item could be held out."""
    new_users: Mapping[str, Estimates]
    """two_tower and popularity, by what is known: preferences, two_items, preferences_two_items.
    Empty where no user could be held out; where nobody has preferences, two_items alone."""
