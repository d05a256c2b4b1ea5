"""What a model card says (Mitchell et al. 2019, "Model Cards for Model Reporting")."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ml.card.data import DataSummary
from ml.evaluation.estimates import Estimates
from ml.evaluation.findings import BlendChoice, ColdStart, Validation
from ml.evaluation.metrics import METRICS
from ml.towers.config import TowersConfig

MODEL_LABELS = {
    "two_tower": "two towers",
    "popularity": "popularity",
    "item_knn": "item-kNN",
    "ease": "EASE",
    "category_popularity": "popularity of category",
    "category_history": "own history in category",
    "random": "random",
}
KNOWN_BY_LABELS = {
    "preferences": "preferences",
    "two_items": "two items",
    "preferences_two_items": "preferences and two items",
}
SEGMENT_LABELS = {
    "users": "By length of the user's history",
    "items": "By popularity of the item",
}

INTENDED_USE = (
    "The model ranks the items of the shop whose data it was trained on, for that shop's users. Its"
    " lists of recommendations are made in batches and corrected by what a shopper has done since."
    " A list says what a shopper is likely to look at or buy next. It does not say why, and it is"
    " not meant for decisions about people."
)

_LIMITS = (
    (
        "Lists use what was known when they were made; items that arrive later are encoded from"
        " their content alone until the next training."
    ),
)
_MEASURED = (
    (
        "The figures come from what users did while they were shown the lists of that time. They"
        " compare models; only a test on live users shows what a change does to sales."
    ),
    "Intervals cover the sampling of users, not another period, season or seed.",
    (
        "Popular items are recommended more often than rare ones; the table of head and tail shows"
        " how much worse the tail is served."
    ),
)
_NOT_MEASURED = ("Nothing was measured for this version: it was trained without validation.",)


def limits_of(validation: Validation | None) -> list[str]:
    """The limits of a version with this validation, the most important first."""
    return [*(_MEASURED if validation else _NOT_MEASURED), *_LIMITS]


class ModelCard(BaseModel):
    """Everything on the card of a version; `card.json` holds it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    version: Annotated[str, Field(min_length=1)]
    made_at: datetime
    seed: int
    config: TowersConfig
    data: DataSummary
    train_seconds: float
    losses: list[float]
    """Mean loss of each epoch of the published model."""
    encoder_reason: str | None = None
    """Why the user encoder was chosen; None on cards of earlier releases."""
    start_reason: str | None = None
    """What the training started from, and why; None on cards of earlier releases."""
    ranking: BlendChoice | None = None
    """What ranks the published lists; None on cards of earlier releases, whose towers do."""
    validation: Validation | None = None
    """Of a second model; None where it was not requested or nothing could be held out."""
    cold_start: ColdStart | None = None
    """Of a third model; None where it was not requested."""
    intended_use: str = INTENDED_USE
    limits: list[str]

    def figures(self) -> dict[str, float]:
        """The most important figures by name, as the registry keeps them."""
        figures: dict[str, float] = {
            "interactions": self.data.interactions,
            "users": self.data.users,
            "items": self.data.items,
            "train_seconds": round(self.train_seconds, 3),
        }
        if self.validation:
            figures["held_out_users"] = self.validation.held_out_users
            figures |= _flat(self.validation.models, "", self.validation.k)
        if self.cold_start:
            k = self.cold_start.k
            figures |= _flat(self.cold_start.new_items, "new_items_", k)
            for known_by, models in self.cold_start.new_users.items():
                figures |= _flat(models, f"new_users_{known_by}_", k)
        return figures


def _flat(models: Estimates, prefix: str, k: int) -> dict[str, float]:
    """Figures by name; a model's name is part of it, except for the towers."""
    figures: dict[str, float] = {}
    for name, found in models.items():
        start = prefix if name == "two_tower" else f"{prefix}{name}_"
        figures |= {
            f"{start}{metric.name}_at_{k}": found[metric].mean for metric in METRICS.values()
        }
    return figures
