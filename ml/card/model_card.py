"""What a model card says (Mitchell et al. 2019, "Model Cards for Model Reporting")."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ml.card.data import DataSummary
from ml.evaluation.findings import ColdStart, Estimates, Validation
from ml.towers.config import TowersConfig

INTENDED_USE = (
    "Ranks the items of the shop whose data it was trained on, for that shop's users: lists of"
    " recommendations, made in batches and corrected by what a shopper did since. It says what a"
    " shopper is likely to look at or buy next; it says nothing of why, and is not meant for"
    " decisions about people."
)

_LIMITS = (
    (
        "Lists rest on what was known when they were made; items that arrive later are encoded by"
        " their content alone until the next training."
    ),
)
_MEASURED = (
    (
        "The figures come from what users did under the lists that they were shown then. They"
        " compare models; what a change does to sales only a test on live users tells."
    ),
    "Intervals cover which users happened to be asked, not another period, season or seed.",
    (
        "Popular items are recommended more often than rare ones; the table of head and tail shows"
        " by how much the tail is served worse."
    ),
)
_NOT_MEASURED = ("Nothing of this version was measured: it was trained without validation.",)


def limits_of(validation: Validation | None) -> list[str]:
    """What to beware of with a version of these figures, the most important first."""
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
    validation: Validation | None = None
    """Of a second model; None where it was not asked for or nothing could be held out."""
    cold_start: ColdStart | None = None
    """Of a third model; None where it was not asked for."""
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
    """The towers' figures have no name of their own, those of what they are held against do."""
    figures: dict[str, float] = {}
    for name, scores in models.items():
        start = prefix if name == "two_tower" else f"{prefix}{name}_"
        figures |= {
            f"{start}recall_at_{k}": scores.recall.mean,
            f"{start}ndcg_at_{k}": scores.ndcg.mean,
        }
    return figures
