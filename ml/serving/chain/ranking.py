"""How a shop may configure a ranking: where candidates come from, and their order."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from ml.serving.chain.fusion import Weight
from ml.serving.chain.merchandising import Boosts, Placements
from ml.serving.chain.ordering import AnyOrder, JustBought, SeenBefore, Spread
from ml.serving.chain.sources import SourceName


def _fused_by_default() -> Mapping[SourceName, Weight]:
    return {"recent": 2.0, "bought_together": 0.5}


class Ranking(BaseModel):
    """Sources and orders; what leaves products out is not part of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    first_of: Annotated[tuple[SourceName, ...], Field(min_length=1)] = (
        "live",
        "precomputed",
        "trending",
        "popular",
    )
    """The candidate sources of which the first makes the list that has anything left."""
    fused: Mapping[SourceName, Weight] = Field(default_factory=_fused_by_default)
    """Sources that add to a personal list, with their weights; the list itself has weight 1."""
    order: tuple[AnyOrder, ...] = (Boosts(), SeenBefore(), JustBought(), Spread(), Placements())
