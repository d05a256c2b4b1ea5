"""What the evaluation of a configuration finds, as a model card keeps it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from ml.evaluation.estimates import Estimates
from ml.evaluation.metrics import Metric


class CurvePoint(BaseModel):
    """Means of METRICS after an epoch, on a sample of the users.

    In JSON each metric is a key of its own beside `epoch`.
    """

    model_config = ConfigDict(frozen=True, extra="allow")
    __pydantic_extra__: dict[str, float]

    epoch: int

    def __getitem__(self, metric: Metric) -> float:
        return self.__pydantic_extra__[metric.name]


class _Finding(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SegmentEstimates(_Finding):
    """How the models do on a part of what is held out."""

    of: str
    """What is divided: users or items."""
    name: str
    definition: str
    models: Estimates


class Validation(_Finding):
    """Figures of a version's twin, and of baselines that learned from the same."""

    k: int
    held_out_from: datetime | None = None
    """From which instant on it is held out; None where the log has no times."""
    counts_views: bool = False
    """Whether what users only viewed was held out too, as few of them chose anything."""
    held_out_users: int
    training_interactions: int
    models: Estimates
    """two_tower, popularity, and item_knn and ease where they are cheap."""
    segments: Sequence[SegmentEstimates]
    losses: Sequence[float]
    """Mean loss of each epoch."""
    curve: Sequence[CurvePoint]
    """Of a few epochs."""


class BlendChoice(_Finding):
    """Which models rank the lists, and how much each of them counts."""

    weights: Mapping[str, float]
    """By model, with sum 1; those that do not help are absent."""
    reason: str
    """In sentences, for the output and the model card."""
    parameters: Mapping[str, Mapping[str, Any]] = {}
    """Hyper-parameters of each item-to-item model with a weight."""


class ColdStart(_Finding):
    """Estimates on items and users that training has not seen."""

    k: int
    items: int
    """New items, among which each list chooses."""
    users: int
    """New users."""
    new_items: Estimates
    """two_tower; category_popularity, how many interactions the item's category has;
    category_history, how many of the items seen by the user are in it, then the former; random.
    Empty where no item could be held out."""
    new_users: Mapping[str, Estimates]
    """two_tower and popularity, by what is known: preferences, two_items, preferences_two_items.
    Empty where no user could be held out; where nobody has preferences, two_items alone."""
